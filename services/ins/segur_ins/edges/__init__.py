"""The door of INSi."""
