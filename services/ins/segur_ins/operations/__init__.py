"""The acts of INSi, one per file."""
