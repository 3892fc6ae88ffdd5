"""Tests of the view: numbers in, rows out, and what a key does to them."""
