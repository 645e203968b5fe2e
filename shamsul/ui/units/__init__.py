"""What the Units page alone shows."""
