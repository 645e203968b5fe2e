"""What maps of a study lie on that no person would decide by: shares of relevance and clusters.

Knows maps and regions as arrays, and phantoms; nothing of studies, pages or files.
"""
