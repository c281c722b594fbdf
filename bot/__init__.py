"""The part that does I/O: GitHub, git, processes, database, HTTP, terminal."""
