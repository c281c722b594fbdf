"""What callers are told when something fails, and what the log keeps of it."""

TITLE = "Errors and logging"
CHECK = "access"
