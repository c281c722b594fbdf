"""How often somebody may ask, and whether that holds."""

TITLE = "Rate limits"
CHECK = "access"
