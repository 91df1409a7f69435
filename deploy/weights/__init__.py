"""Model weights on this machine: what may be pulled, from where, and what is here. Runs no model."""
