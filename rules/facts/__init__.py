"""Fact handles and the value types that several packs share."""
