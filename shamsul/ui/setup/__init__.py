"""What the Study set-up page alone shows."""
