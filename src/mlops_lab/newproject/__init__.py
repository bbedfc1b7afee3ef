"""A new project from any table: read, profile, decide, write, train once."""
