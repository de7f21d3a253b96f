"""The acts of the directory, one per file."""
