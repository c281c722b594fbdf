"""PostgreSQL, read by its own parser."""
