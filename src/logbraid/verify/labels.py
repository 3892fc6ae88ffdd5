"""What stands before each line of a labelled output.

A label is the shortest path suffix that tells the sources apart, the whole path, or what the caller says.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from logbraid.core.labels import labels as shortest_labels
from logbraid.core.labels import printable
from logbraid.errors import UsageError

__all__ = ["Labels", "prefix", "prefixes"]

Labels = Literal["name", "path"] | Sequence[str] | None
"""How the output was labelled: not at all, by a rule, or with these labels, one a source."""


def prefixes(labels: Labels, paths: Sequence[str]) -> list[bytes]:
    """Return the prefix of each source's lines in the output.

    Raises:
        UsageError: there are not as many labels as sources.
    """
    if labels is None:
        return [b""] * len(paths)
    if labels == "name":
        labels = shortest_labels(paths)
    elif labels == "path":
        labels = [printable(path) for path in paths]
    if isinstance(labels, str) or len(labels) != len(paths):
        raise UsageError(f"labels: name, path, or one for each of the {len(paths)} sources")
    return [prefix(label) for label in labels]


def prefix(label: str) -> bytes:
    """Return what stands before the lines of the source with this label."""
    return f"{label} | ".encode("utf-8", "surrogateescape")
