"""What happens, in order: a check, a repair, catching up."""
