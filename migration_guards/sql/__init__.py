"""Readers: SQL text to operations."""
