"""GitHub's operations, a file for each part of its API. They are found by looking."""
