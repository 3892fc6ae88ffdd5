"""``python -m benchmarks [merge | follow | view | checkpoint]``: which benchmark to run; without a name, all.

Each has a module of its own, imported when it is run: a writer's process imports this one and should start quickly.
"""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Final

BENCHMARKS: Final = ("merge", "follow", "view", "checkpoint")


def main() -> None:
    """Run the benchmark that is named first, or all, with the options that are left."""
    arguments = sys.argv[1:]
    chosen = (arguments.pop(0),) if arguments and arguments[0] in BENCHMARKS else BENCHMARKS
    for name in chosen:
        import_module(f"benchmarks.{name}").main(arguments)


if __name__ == "__main__":
    main()
