"""The lesson's own proof: is the output a merge of the inputs?

``logbraid.verify`` judges; what is here tells the first difference so that it can be found in the files. Nothing here
knows how a merge is made.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Final

from logbraid.system.errors import reading
from logbraid.verify import Difference, Truth, verify
from logbraid.verify.verdict import excerpt

__all__ = ["AnyPath", "confirm_merge"]

AnyPath = str | bytes | os.PathLike[str] | os.PathLike[bytes]

_BLOCK: Final = 1 << 20


def confirm_merge(input_paths: Sequence[AnyPath], output_path: AnyPath) -> None:
    """Check that the output holds every line of every input, whole, in its input's order, once, and nothing else.

    Where several inputs have the same line next, all ways are followed. An input's last line may lack its newline.

    Raises:
        AssertionError: it does not. The first difference is named: the input and its line, and what the output has
            instead. Or too many equal lines leave it undecided.
        SourceError: a file cannot be read.
    """
    output = os.fsdecode(output_path)
    verdict = verify(output, [os.fsdecode(path) for path in input_paths])
    if verdict.difference is not None:
        raise AssertionError(_told(verdict.difference, output))
    if verdict.truth is not Truth.TRUE:
        raise AssertionError(str(verdict))


def _told(difference: Difference, output: str) -> str:
    """The difference with what can be looked up once it is known: the line's number, and what the output has there."""
    line = f"this line {difference.kind.value}: {difference.excerpt}"
    if difference.source is not None and difference.source_offset is not None:
        number = _newlines_before(difference.source, difference.source_offset) + 1
        line = f"{difference.source}, line {number} at byte {difference.source_offset}: {line}"
    return f"{line}; {output} has at byte {difference.output_offset}: {_line_at(output, difference.output_offset)}"


def _newlines_before(path: str, offset: int) -> int:
    with reading(path), open(path, "rb") as file:
        sizes = (min(_BLOCK, offset - start) for start in range(0, offset, _BLOCK))
        return sum(file.read(size).count(b"\n") for size in sizes)


def _line_at(path: str, offset: int) -> str:
    with reading(path), open(path, "rb") as file:
        file.seek(offset)
        return excerpt(file.readline(_BLOCK).removesuffix(b"\n")) if file.peek(1) else "its end"
