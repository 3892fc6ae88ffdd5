"""The parts of the window, each in a module of its own.

They draw what the model says, and pass on what is clicked and typed. What comes of it is not theirs to decide.
"""
