"""What the Evaluate page alone shows."""
