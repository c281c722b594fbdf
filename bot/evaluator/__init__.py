"""A supervised pool of processes in which untrusted text is parsed."""
