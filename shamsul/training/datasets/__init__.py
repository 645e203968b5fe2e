"""The public chest radiograph data sets as their owners ship them: rows, policies, splits.

Only tables are read here; no module of this folder opens an image.
"""
