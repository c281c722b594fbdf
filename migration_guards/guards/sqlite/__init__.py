"""What SQLite alone makes dangerous."""
