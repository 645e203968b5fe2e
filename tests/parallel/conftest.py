"""What uses a cluster runs in a pytest of its own; see test_on_cluster.py."""

collect_ignore = ["on_cluster"]
