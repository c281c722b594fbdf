"""What migrations do, and what they must not."""

TITLE = "Migrations"
CHECK = "migrations"
