"""What callers send, and what becomes of it before anybody looked at it."""

TITLE = "Input validation"
CHECK = "access"
