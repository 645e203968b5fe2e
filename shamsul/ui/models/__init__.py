"""What the Models page alone shows."""
