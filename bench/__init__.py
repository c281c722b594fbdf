"""How fast and how right it is: one module a table, found by looking."""
