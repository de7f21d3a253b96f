"""The acts of the DMP, one per module, whichever door they came through."""
