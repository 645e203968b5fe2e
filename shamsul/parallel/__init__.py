"""The same work on many tasks: in this process, in several, or on the machines of a cluster."""
