"""Insecure code, found by scanners."""

TITLE = "Security"
CHECK = "security"
