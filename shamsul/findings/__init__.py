"""What findings are called."""
