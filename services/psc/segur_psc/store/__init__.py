"""What PSC remembers: records in the store, shared by all replicas, and the realm's keys in the home."""
