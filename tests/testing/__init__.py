"""The tests of what users test with."""
