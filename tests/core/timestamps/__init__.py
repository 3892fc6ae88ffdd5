"""Tests of the timestamp formats, their detection and the calendar."""
