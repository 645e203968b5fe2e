"""How files are written, and how results are found again."""
