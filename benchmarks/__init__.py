"""Benchmarks: run each as ``python -m benchmarks.NAME``; results are JSON on stdout."""
