"""The peer that everybody writes first: ``heapq.merge`` over lines, keyed by their first 24 bytes.

Run as a program: ``python plain_python.py FILE...``; writes to standard output.
"""

from __future__ import annotations

import heapq
import sys
from contextlib import ExitStack


def main() -> None:
    """Merge the named files."""
    with ExitStack() as stack:
        files = [stack.enter_context(open(path, "rb")) for path in sys.argv[1:]]
        sys.stdout.buffer.writelines(heapq.merge(*files, key=lambda line: line[:24]))


main()
