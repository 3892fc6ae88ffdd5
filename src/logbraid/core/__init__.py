"""The pure heart: bytes, facts and ``now`` go in; batches, actions and events come out.

Nothing here opens a file, reads a clock or starts a thread; the import contracts in ``pyproject.toml`` hold it to that.
"""
