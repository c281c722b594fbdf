"""Environment variables: declared, typed, and where they must be."""

TITLE = "Environment"
CHECK = "env"
