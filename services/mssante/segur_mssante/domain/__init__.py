"""What mail means, free of sockets and stores."""
