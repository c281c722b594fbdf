"""Parse trees of the languages that rules read."""
