"""Tests of the parts of the window that need no window."""
