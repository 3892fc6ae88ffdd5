"""The tests of the ground floor."""
