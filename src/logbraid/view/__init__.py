"""``logbraid view``: the braid in a terminal window, to watch and to search.

The model (index, shelf, selection, timeline, pane) knows no screen: it is numbers in, rows out. The application knows
no files: it passes keys on and draws rows.
"""
