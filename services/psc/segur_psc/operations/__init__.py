"""What can be done in Pro Santé Connect, one act per file."""
