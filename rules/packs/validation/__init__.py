"""What callers send is checked before it is used."""

TITLE = "Input validation"
CHECK = "access"
