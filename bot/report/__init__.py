"""A verdict in the forms that people and tools read. Pure."""
