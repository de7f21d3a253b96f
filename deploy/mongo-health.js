// Health check of the store: makes the one-member replica set at first start (transactions need one), then tells whether
// the member takes writes. Run by mongosh; exit code 0 is healthy.
try {
  rs.status();
} catch (error) {
  if (error.codeName !== "NotYetInitialized") throw error;
  rs.initiate({ _id: "segur", members: [{ _id: 0, host: "mongo:27017" }] });
}
quit(db.hello().isWritablePrimary ? 0 : 1);
