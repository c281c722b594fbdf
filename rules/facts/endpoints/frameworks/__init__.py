"""One module a framework: how it declares endpoints, and in which order what stands before them is met."""
