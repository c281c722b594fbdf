"""The built-in packs: one folder a pack, one file a rule."""
