"""Documents that a production service needs."""

TITLE = "Documents"
CHECK = "docs"
