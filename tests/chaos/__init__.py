"""The real thing: real processes that are killed, stopped and starved while others write, and a judge to the byte.

The short form is part of every test run; ``make chaos`` is the long one. ``CHAOS_SEED`` repeats what chance decided.
"""
