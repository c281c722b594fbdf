"""Follows what a program does at its start without running it: which objects it makes, and what it calls on them."""
