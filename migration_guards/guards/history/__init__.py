"""How a history of migrations goes on: what was merged stays, what comes has its place."""
