"""From the flags to an output that is kept: its checkpoint, its own rotation, and what to do with what it holds.

What any of this means is the sinks' matter; here it is only found out what the user wants, and what goes together.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from logbraid.core.quantities import parse_duration, parse_size
from logbraid.errors import UsageError

if TYPE_CHECKING:
    from logbraid.sinks.base import Renderer, Sink
    from logbraid.sinks.turnover import Turnover

__all__ = ["KEEP", "Keeping"]

KEEP: Final = 5
"""How many rotated outputs stay, where nothing else is said."""


@dataclass(frozen=True, slots=True)
class Keeping:
    """What is wanted of an output that is a file.

    Attributes:
        append: go on behind what the file holds, whatever it is.
        fresh: begin it anew.
        checkpoint: where its checkpoint is; None: beside it.
        with_checkpoint: it has one.
        rotate: when to begin a new file: a size or a duration.
        keep: how many rotated ones stay.
    """

    append: bool = False
    fresh: bool = False
    checkpoint: str | None = None
    with_checkpoint: bool = True
    rotate: str | None = None
    keep: int | None = None

    @classmethod
    def of(cls, path: str | None, flags: Any) -> Keeping:
        """Return what the flags say.

        Args:
            path: of the output; None: standard output.
            flags: of the command.

        Raises:
            UsageError: they contradict each other, or there is no file that they could be about.
        """
        named = {
            "--fresh": flags["fresh"],
            "--append": flags["append"],
            "--checkpoint": flags["checkpoint"] is not None,
            "--rotate-output": flags["rotate_output"] is not None,
            "--keep": flags["keep"] is not None,
        }
        without = [name for name, wanted in named.items() if wanted]
        if path is None and without:
            raise UsageError(f"{without[0]} says what to do with the FILE of -o")
        if flags["fresh"] and flags["append"]:
            raise UsageError("--append keeps what FILE holds and --fresh does not: choose one")
        if flags["no_checkpoint"] and flags["checkpoint"] is not None:
            raise UsageError("--checkpoint and --no-checkpoint contradict each other")
        if flags["rotate_output"] is not None and flags["no_checkpoint"]:
            raise UsageError("--rotate-output needs the checkpoint, to be exact across the cut")
        if flags["keep"] is not None and flags["rotate_output"] is None:
            raise UsageError("--keep says how many files --rotate-output leaves")
        keeping = cls(
            flags["append"],
            flags["fresh"],
            flags["checkpoint"],
            path is not None and not flags["no_checkpoint"],
            flags["rotate_output"],
            flags["keep"],
        )
        if keeping.rotate is not None:
            _read(keeping.rotate)
        return keeping

    def own_paths(self, path: str | None) -> list[str]:
        """Return the names that belong to the checkpoint of an output, and so are no sources."""
        if path is None or not self._is_committed(path):
            return []
        from logbraid.system.store import paths

        return paths(self._checkpoint_of(path))

    def open(self, path: str, renderer: Renderer, form: str) -> Sink:
        """Open the output.

        Args:
            path: of it.
            renderer: what the bytes are.
            form: the same in words.

        Raises:
            SinkError: it cannot be opened, or holds something that nothing was said about.
            CheckpointError: it and its checkpoint do not belong together, or another run holds them.
        """
        if not self._is_committed(path):
            from logbraid.sinks.append import AppendSink

            return AppendSink(path, renderer, append=self.append, fresh=self.fresh)
        from logbraid.sinks.resuming import committed
        from logbraid.system.store import Store

        return committed(
            path,
            renderer,
            form,
            Store(self._checkpoint_of(path)),
            wall=time.time_ns,
            append=self.append,
            fresh=self.fresh,
            turnover=self._turnover(),
        )

    def _is_committed(self, path: str) -> bool:
        if not self.with_checkpoint:
            return False
        from logbraid.sinks.resuming import can_be_committed

        return self.checkpoint is not None or self.rotate is not None or can_be_committed(path)

    def _checkpoint_of(self, path: str) -> str:
        from logbraid.system.store import beside

        return beside(path) if self.checkpoint is None else self.checkpoint

    def _turnover(self) -> Turnover | None:
        if self.rotate is None:
            return None
        from logbraid.sinks.turnover import Turnover

        size, age = _read(self.rotate)
        return Turnover(size=size, age=age, keep=KEEP if self.keep is None else self.keep)


def _read(text: str) -> tuple[int | None, int | None]:
    """Return a size in bytes or an age in ns; ``10m`` are minutes, as ``10MiB`` is a size."""
    for read, index in ((parse_duration, 1), (parse_size, 0)):
        try:
            value = read(text)
        except UsageError:
            continue
        if value <= 0:
            break
        return (None, value) if index else (value, None)
    raise UsageError(f"neither a size nor a duration: {text!r}: write 100MiB, 2G, 1h or 1d")
