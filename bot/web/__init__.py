"""The webhook door, health and pages."""
