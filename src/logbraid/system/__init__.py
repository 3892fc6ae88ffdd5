"""The ground floor beside the sinks: one blocking call to the operating system at a time.

No threads are started here and nothing loops over time: who waits, and where, is the drivers' policy. Every OS error
is translated into the tree of ``logbraid.errors`` before it leaves.
"""
