"""What operations cost on each database: locks, rewrites and scans, with the source of each fact."""
