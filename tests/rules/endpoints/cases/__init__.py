"""One module a framework: a source tree for each executed fact."""
