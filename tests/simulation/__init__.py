"""Deterministic simulation: whole lives of a run, from its start over crashes to its end, out of one number."""
