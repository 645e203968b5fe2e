"""Chest radiograph classifiers: registry, weights, preprocessing and fast inference."""
