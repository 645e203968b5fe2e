"""What the Worklist page alone shows."""
