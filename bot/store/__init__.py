"""Runs and the cache of facts."""
