"""Tests of the core: bytes in, records out, and nothing in between but arrays."""
