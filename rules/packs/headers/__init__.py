"""Who may read answers from another origin, and what browsers are told about them."""

TITLE = "CORS and security headers"
CHECK = "access"
