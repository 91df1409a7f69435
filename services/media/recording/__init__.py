"""What was said, both sides of it, in a file: only where the candidate agreed."""
