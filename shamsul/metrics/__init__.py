"""Numbers about maps: pure functions of arrays."""
