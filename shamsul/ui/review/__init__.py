"""What the Review page alone shows."""
