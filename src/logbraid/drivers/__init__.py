"""Who does the I/O and owns the clock: each driver pumps one pipeline in its own way.

A driver is a loop. Policy (what to read, what may leave, what is late) is the core's; a driver that grows has stolen
some.
"""
