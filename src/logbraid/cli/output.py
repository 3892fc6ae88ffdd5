"""From the flags to the sink: where records go, in which format, with which labels and colours.

It decides by what the output is (a terminal, a pipe, a file); how records are rendered is the sinks' matter.
"""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from logbraid.cli.keeping import Keeping
from logbraid.cli.options import Flags
from logbraid.errors import SinkError, UsageError

if TYPE_CHECKING:
    from logbraid.core.types import Source
    from logbraid.sinks.base import Renderer, Sink

__all__ = ["Output"]

_STDOUT: Final = 1
_STDOUT_NAME: Final = "standard output"
_ENDINGS: Final = {".jsonl": "jsonl", ".ndjson": "jsonl", ".parquet": "parquet", ".pq": "parquet"}


@dataclass(frozen=True, slots=True)
class Output:
    """The output of a command.

    Attributes:
        path: the file, or None for standard output.
        format: ``text``, ``jsonl`` or ``parquet``.
        label: ``name``, ``path``, ``none``, or None to decide by what the output is.
        color: ``auto``, ``always`` or ``never``.
        raw: control sequences are passed on to a terminal.
        terminal: the output is one.
    """

    path: str | None
    format: str
    label: str | None
    color: str
    raw: bool
    terminal: bool

    @classmethod
    def of(cls, flags: Flags) -> Output:
        """Return what the flags say.

        Raises:
            SinkError: standard output is wanted and closed.
        """
        path = None if flags["output"] in (None, "-") else flags["output"]
        if path is None and sys.stdout is None:
            raise SinkError(f"{_STDOUT_NAME} is closed")
        terminal = path is None and os.isatty(_STDOUT)
        format_ = flags["output_format"] or _ENDINGS.get(os.path.splitext(path or "")[1].lower(), "text")
        return cls(path, format_, flags["label"], flags["color"], flags["raw"], terminal)

    @property
    def own_paths(self) -> list[str]:
        """Names of the file that is written, which is never a source."""
        if self.path is not None:
            return [self.path]
        return ["/dev/stdout"] if stat.S_ISREG(os.fstat(_STDOUT).st_mode) else []

    def sink(self, sources: Sequence[Source]) -> Sink:
        """Open the output.

        Raises:
            SinkError: it cannot be opened.
            UsageError: it is a terminal, and the format is not for one.
        """
        if self.format == "parquet":
            from logbraid.sinks.parquet import ParquetSink

            return ParquetSink(_STDOUT, _STDOUT_NAME) if self.path is None else ParquetSink(self.path)
        from logbraid.sinks.file import DescriptorSink, FileSink

        labelled = self.terminal and len(sources) > 1 if self.label is None else self.label != "none"
        renderer = self._renderer(sources if labelled else None, levels=True)
        return DescriptorSink(_STDOUT, renderer, _STDOUT_NAME) if self.path is None else FileSink(self.path, renderer)

    def live_sink(self, sources: Sequence[Source], keeping: Keeping, *, alone: bool, levels: bool) -> Sink:
        """Open the output of a run that follows: a file is appended to as records come.

        Args:
            sources: every source of the run so far, a list that may grow.
            keeping: what becomes of a file.
            alone: there will never be more than one, so a terminal shows no label.
            levels: a terminal shows records by their level, for which they must be read as records; else bare lines.

        Raises:
            SinkError: it cannot be opened, or is there and not empty.
            CheckpointError: it does not belong to its checkpoint.
            UsageError: the format cannot be written as records come.
        """
        if self.format == "parquet":
            raise UsageError("parquet cannot be followed into, as it is read from its end: choose jsonl")
        from logbraid.sinks.file import DescriptorSink

        labelled = self.terminal and not alone if self.label is None else self.label != "none"
        renderer = self._renderer(sources if labelled else None, levels=levels)
        if self.path is None:
            return DescriptorSink(_STDOUT, renderer, _STDOUT_NAME)
        form = f"text with labels by {self.label}" if labelled and self.format == "text" else self.format
        return keeping.open(self.path, renderer, form)

    def _renderer(self, sources: Sequence[Source] | None, *, levels: bool) -> Renderer:
        if self.format != "text" or not (self.terminal or self.color == "always"):
            from logbraid.sinks.destinations import renderer_for

            return renderer_for(self.format, sources)
        from logbraid.sinks.plain_console import PlainConsole, wants_colour

        colour = wants_colour(self.color, terminal=self.terminal, environment=os.environ)
        if not levels:
            return PlainConsole(sources, colour=colour, raw=self.raw)
        from logbraid.sinks.console import Console

        return Console(sources, colour=colour, raw=self.raw)
