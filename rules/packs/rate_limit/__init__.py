"""How often one caller may ask."""

TITLE = "Rate limits"
CHECK = "access"
