"""One act of the box per file."""
