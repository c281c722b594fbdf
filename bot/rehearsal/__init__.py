"""Rehearsals of migrations on a throw-away server."""
