"""What PostgreSQL alone makes dangerous."""
