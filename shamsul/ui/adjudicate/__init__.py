"""What the Adjudicate page alone shows."""
