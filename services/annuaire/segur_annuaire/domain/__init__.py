"""Rules of the directory, pure: shapes of its resources, what can be searched, how a search is decided."""
