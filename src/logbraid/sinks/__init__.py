"""Where batches go: a file, a terminal, a table, a function.

A sink knows the records that it is given and its own destination; it never knows sources, drivers or order.
"""
