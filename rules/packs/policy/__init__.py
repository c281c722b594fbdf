"""The policy file itself. It has no check run of its own: it speaks in the gate."""

TITLE = "Policy"
CHECK = ""
