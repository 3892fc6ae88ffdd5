"""What stands before each line of a labelled output.

A label is the shortest path suffix that tells the sources apart, the whole path, or what the caller says.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePath
from typing import Literal

from logbraid.errors import UsageError

__all__ = ["Labels", "prefixes", "shortest_suffixes"]

Labels = Literal["name", "path"] | Sequence[str] | None
"""How the output was labelled: not at all, by a rule, or with these labels, one a source."""


def prefixes(labels: Labels, paths: Sequence[str]) -> list[bytes]:
    """The prefix of each source's lines in the output.

    Raises:
        UsageError: there are not as many labels as sources.
    """
    if labels is None:
        return [b""] * len(paths)
    if labels == "name":
        labels = shortest_suffixes(paths)
    elif labels == "path":
        labels = paths
    if isinstance(labels, str) or len(labels) != len(paths):
        raise UsageError(f"labels: name, path, or one for each of the {len(paths)} sources")
    return [f"{label} | ".encode("utf-8", "surrogateescape") for label in labels]


def shortest_suffixes(paths: Sequence[str]) -> list[str]:
    """For each path as many of its last parts as tell it from every other one."""
    parts = [PurePath(path).parts for path in paths]
    depths = [1] * len(paths)
    while clashing := _clashing([part[-depth:] for part, depth in zip(parts, depths, strict=True)]):
        longer = [index for index in clashing if depths[index] < len(parts[index])]
        if not longer:
            break  # the same path twice
        for index in longer:
            depths[index] += 1
    return [str(PurePath(*part[-depth:])) for part, depth in zip(parts, depths, strict=True)]


def _clashing(suffixes: Sequence[tuple[str, ...]]) -> list[int]:
    counts: dict[tuple[str, ...], int] = {}
    for suffix in suffixes:
        counts[suffix] = counts.get(suffix, 0) + 1
    return [index for index, suffix in enumerate(suffixes) if counts[suffix] > 1]
