"""The pure part of Prodgate: the engine, shared facts and every rule pack."""
