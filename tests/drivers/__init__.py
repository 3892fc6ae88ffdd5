"""The drivers, on real files, pipes and processes."""
