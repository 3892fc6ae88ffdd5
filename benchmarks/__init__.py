"""Logbraid and its peers, timed side by side in one run: ``python -m benchmarks``.

Not part of the package and never imported by it.
"""
