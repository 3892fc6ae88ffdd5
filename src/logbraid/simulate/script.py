"""What one service writes, in its words and its format, line after line with its mark: the writer and a number.

It knows neither files nor clocks: times come in, bytes come out.
"""

from __future__ import annotations

from logbraid.core.types import Int64
from logbraid.errors import UsageError
from logbraid.simulate.manifest import WrittenFile
from logbraid.simulate.pages import Page, Printing
from logbraid.simulate.prose import SERVICES, Prose
from logbraid.simulate.styles import SEQUENCE, SEQUENCE_WIDTH, Style, style_of

__all__ = ["Script", "scripts"]


def scripts(files: int, format: str, *, seed: int, traceback: float, page_records: int) -> list[Script]:
    """Return what each of so many writers writes.

    Args:
        files: how many writers.
        format: the name of a style, or "mixed": each writer another one.
        seed: repeats everything that is left to chance.
        traceback: how likely a record carries a traceback.
        page_records: how many different records each has.

    Raises:
        UsageError: there is no such format, or no writer.
    """
    if files < 1:
        raise UsageError("at least one file is needed")
    width = max(2, len(str(files - 1)))
    return [
        Script(
            index,
            f"{index:0{width}d}",
            style_of(format, index),
            seed=seed,
            traceback=traceback,
            page_records=page_records,
        )
        for index in range(files)
    ]


class Script:
    """The records of one service: a page of them, which comes again with new times and numbers.

    Args:
        index: the writer's number.
        name: the number as its lines bear it.
        style: the format.
        seed: repeats everything that is left to chance.
        traceback: how likely a record carries a traceback.
        page_records: how many different records there are.

    Attributes:
        file: what a service calls its log.
        lines: printed so far.
        records: printed so far.
    """

    def __init__(self, index: int, name: str, style: Style, *, seed: int, traceback: float, page_records: int) -> None:
        self._style = style
        self.lines = self.records = 0
        self._service = SERVICES[index % len(SERVICES)]
        self.file = f"{self._service}-{name}.log"
        self._prose = Prose(self._service, f"{seed}/{index}")
        self._mark = f"writer={name} seq={SEQUENCE * SEQUENCE_WIDTH}"
        self._page = Page([self._record(traceback) for _ in range(page_records)], style, seed)
        self._next = 0

    def fitting(self, count: int, room: int) -> int:
        """How many of the next ``count`` records, which must all be on the page, fit into ``room`` bytes."""
        return self._page.fitting(self._next, count, room)

    @property
    def left(self) -> int:
        """How many records are left on the page."""
        return len(self._page) - self._next

    def print(self, times: Int64) -> Printing:
        """Print one record for each time; no more than are left on the page."""
        printing = self._page.print(self._next, times, self.lines)
        self.lines += printing.lines
        self.records += printing.records
        self._next = (self._next + len(times)) % len(self._page)
        return printing

    def say(self, times: Int64) -> bytes:
        """Print one record for each time, however many pages it takes."""
        pieces = []
        while len(times):
            count = min(len(times), self.left)
            pieces.append(self.print(times[:count]).data)
            times = times[count:]
        return b"".join(pieces)

    def written(self, name: str, size: int, *, rotations: int = 0, torn: bool = False) -> WrittenFile:
        """Return what a file of this name holds that everything printed so far was written to."""
        return WrittenFile(
            name=name,
            format=self._style.name,
            lines=self.lines,
            records=self.records,
            bytes=size,
            rotations=rotations,
            first=0 if self.lines else None,
            last=self.lines - 1 if self.lines else None,
            torn=torn,
        )

    def _record(self, traceback: float) -> str:
        """Set one record: its line and, where it went wrong, the traceback's lines, each with its mark."""
        if not self._prose.happens(traceback):
            return self._line(level := self._prose.level(), self._prose.sentence(level))
        text = self._prose.sentence("error")
        below = self._prose.traceback()
        if self._style.inline:
            escaped = "\\n".join(line.replace("\t", "\\t").replace('"', '\\"') for line in below)
            return self._line("error", f"{text}\\n{escaped}")
        return self._line("error", text) + "".join(f"{line}  # {self._mark}\n" for line in below)

    def _line(self, level: str, text: str) -> str:
        return self._style.line(level=level, service=self._service, text=text, mark=self._mark) + "\n"
