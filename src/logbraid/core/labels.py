"""Labels: the short names that tell sources apart, made from their paths.

Only text is looked at, never a file system; which source comes first, and how labels are shown, is decided elsewhere.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from itertools import count
from typing import Final

__all__ = ["label_beside", "labels", "printable"]

# A label stands before each physical line: what would break the line, or steer a terminal, is spelt out.
_SPELT_OUT: Final = {code: f"\\x{code:02x}" for code in (*range(0x20), *range(0x7F, 0xA0))}


def labels(paths: Sequence[str]) -> list[str]:
    """The shortest suffix of each path, in whole components, that no other path has; equal paths get ``#2``, ``#3``.

    >>> labels(["/srv/a/app.log", "/srv/b/app.log", "/srv/b/db.log"])
    ['a/app.log', 'b/app.log', 'db.log']
    """
    components = [[part for part in path.split("/") if part not in ("", ".")] or [path] for path in paths]
    chosen = [parts[-1] for parts in components]
    depth = 1
    while clashing := longer_ones(chosen, components, depth):
        depth += 1
        for i in clashing:
            chosen[i] = "/".join(components[i][-depth:])
    return [printable(name) for name in numbered(chosen)]


def label_beside(path: str, taken: Collection[str]) -> str:
    """The shortest suffix of a path that is not taken; for a source that comes when the others have theirs already.

    >>> label_beside("/srv/c/app.log", {"app.log", "db.log"})
    'c/app.log'
    """
    parts = [part for part in path.split("/") if part not in ("", ".")] or [path]
    suffixes = (printable("/".join(parts[-depth:])) for depth in range(1, len(parts) + 1))
    name = next((suffix for suffix in suffixes if suffix not in taken), None)
    if name is not None:
        return name
    whole = printable("/".join(parts))
    return next(f"{whole}#{n}" for n in count(2) if f"{whole}#{n}" not in taken)


def printable(name: str) -> str:
    """The name with control characters spelt out, as a Python literal would."""
    return name.translate(_SPELT_OUT)


def longer_ones(chosen: Sequence[str], components: Sequence[Sequence[str]], depth: int) -> list[int]:
    """Which paths share their suffix of ``depth`` components with others and have more of them."""
    uses = Counter(chosen)
    return [i for i, parts in enumerate(components) if len(parts) > depth and uses[chosen[i]] > 1]


def numbered(names: Sequence[str]) -> list[str]:
    """Make equal names different: the first stays, the others get the next number that is free."""
    taken = set(names)
    last: dict[str, int] = {}
    unique = []
    for name in names:
        if name not in last:
            last[name] = 1
            unique.append(name)
            continue
        last[name] = next(n for n in count(last[name] + 1) if f"{name}#{n}" not in taken)
        unique.append(f"{name}#{last[name]}")
        taken.add(unique[-1])
    return unique
