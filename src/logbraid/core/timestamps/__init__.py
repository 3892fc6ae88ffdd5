"""Timestamps: which formats there are, where in a line they stand, and what time they mean.

One small file per family of formats; ``formats.py`` lists them all. Nothing here reads a clock or a file: a missing
year, date or zone is inferred from facts that are handed in.
"""
