"""The githubkit adapter."""
