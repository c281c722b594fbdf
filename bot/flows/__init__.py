"""What happens, in order: a check, a repair, a local run."""
