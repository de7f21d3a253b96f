"""One act of the operator per file."""
