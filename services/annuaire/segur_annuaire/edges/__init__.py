"""The doors of the directory."""
