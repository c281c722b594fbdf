"""One command a module, its function `run`. Heavy parts are imported by the commands that need them."""
