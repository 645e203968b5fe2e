"""Explanation methods: a registry, and one module per method."""
