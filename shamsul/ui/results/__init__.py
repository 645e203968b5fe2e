"""What the Results page alone shows."""
