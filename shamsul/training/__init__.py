"""Training of the bundled classifier on phantoms."""
