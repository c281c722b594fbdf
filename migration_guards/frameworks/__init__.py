"""One file a runner: which files, which part of them, which dialect."""
