"""Scanners, each a child process behind one small Protocol."""
