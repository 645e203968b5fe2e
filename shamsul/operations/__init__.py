"""What whoever runs the app sees of it: its log, its numbers, and whether it is well."""
