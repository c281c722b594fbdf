"""What several frameworks share: paths, patterns, and how code is called with a request."""
