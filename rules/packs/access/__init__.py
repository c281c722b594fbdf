"""Who can call what: every endpoint guarded, or public for a reason."""

TITLE = "Access"
CHECK = "access"
