"""Is an output what its checkpoint says: of every source all that has left, in its own order, once, and nothing else?

Each generation is a sequence of its own, so that what a slow writer brought to a rotated file may stand below lines of
the next. Which bytes are wanted, and where, is ``generations`` and ``outputs`` to know; here they are held together.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import Final

from logbraid.core.checkpoint import OutputState
from logbraid.errors import UsageError
from logbraid.system.followed import Disk
from logbraid.system.store import read_checkpoint
from logbraid.verify.check import Walk
from logbraid.verify.generations import Whereabouts, whereabouts, without_stale
from logbraid.verify.labels import prefix
from logbraid.verify.lines import LineReader, room_for
from logbraid.verify.loose import Lenient, LooseWalk, Omits
from logbraid.verify.outputs import committed
from logbraid.verify.strangers import Strangers
from logbraid.verify.stretch import Stretch
from logbraid.verify.verdict import Miscount, Truth, Verdict

__all__ = ["verify_checkpoint"]

WITH_LABELS: Final = "labels"
"""In the form of an output: each line bears one."""

UNREADABLE_FORMS: Final = ("json", "parquet")


def verify_checkpoint(output: str | Path, checkpoint: str | Path, *, labelled: bool | None = None) -> Verdict:
    """Say whether ``output`` holds exactly what has left the sources, as its checkpoint says.

    Files that were rotated, copied or compressed since are found again. What cannot be had again, because it was
    deleted or lost, is named; then the answer is never true without reserve.

    Args:
        output: its path; what was rotated away from this name belongs to it.
        checkpoint: path of the checkpoint; a run may be using it.
        labelled: whether each line bears the source's label; None: as the checkpoint says.

    Raises:
        UsageError: the checkpoint is of no text output.
        CheckpointError: it cannot be read.
        SourceError: a file is there and cannot be read, or there is no output.
    """
    saved = read_checkpoint(str(checkpoint))
    if saved.output is None:
        raise UsageError(f"{checkpoint}: it was kept without an output")
    if any(form in saved.output.form for form in UNREADABLE_FORMS):
        raise UsageError(f"{output}: only text can be verified, and this is {saved.output.form}")
    bears_labels = WITH_LABELS in saved.output.form if labelled is None else labelled
    with closing(Disk()) as disk:
        found = without_stale(disk, [whereabouts(disk, position) for position in saved.positions.values()])
        origins = [Origin(there, prefix(there.position.account.label) if bears_labels else b"") for there in found]
        return Judgement(disk, str(output), saved.output, origins).verdict()


@dataclass(frozen=True, slots=True)
class Origin:
    """A source and what stands before its lines in the output."""

    there: Whereabouts
    prefix: bytes

    @property
    def emitted(self) -> int:
        """How many of its bytes must be in the output."""
        return self.there.position.account.bytes_emitted

    @property
    def filtered(self) -> int:
        """How many of its bytes need not be."""
        return self.there.position.account.bytes_filtered

    @property
    def torn(self) -> int:
        """How many newlines the output may have given to lines that cannot be seen."""
        account = self.there.position.account
        return account.rotations + account.cut + 1 if self.there.gone > 0 else 0


class Judgement:
    """One output held against the files of its sources."""

    def __init__(self, disk: Disk, path: str, state: OutputState, origins: Sequence[Origin]) -> None:
        self._origins = origins
        self._room = room_for(1 + sum(len(origin.there.stretches) for origin in origins))
        self._elsewhere = state.elsewhere
        self._piped = state.piped
        self._output = committed(disk, path, state)

    def verdict(self) -> Verdict:
        """Walk through the output, and hold the account against what was found."""
        verdict = self._loosely() if self._is_partial else self._exactly()
        if verdict.truth is Truth.FALSE and self._may_have_strangers:
            verdict = self._with_strangers(verdict)
        missing = tuple(self._missing())
        verdict = replace(
            verdict,
            missing=missing,
            before=self._output.before,
            behind=self._output.behind,
            filtered=self._filtered,
            begun=any(origin.there.position.begun is not None for origin in self._origins),
            nothing=not self._origins,
        )
        if not self._origins or (verdict.truth is Truth.TRUE and missing):
            verdict = replace(verdict, truth=Truth.UNDECIDED)
        return self._located(verdict)

    @property
    def _filtered(self) -> int:
        return sum(origin.filtered for origin in self._origins)

    @property
    def _is_whole(self) -> bool:
        """Whether all that has left can be seen in the output."""
        return not self._output.gone and not self._elsewhere

    @property
    def _is_partial(self) -> bool:
        """Whether some lines are in the sources only, or in the output only."""
        return self._filtered > 0 or not self._is_whole or any(origin.there.gone > 0 for origin in self._origins)

    def _exactly(self) -> Verdict:
        readers = [self._reader(i, origin, stretch) for i, (origin, stretch) in enumerate(self._stretches())]
        verdict = Walk(self._output_lines(), readers).verdict()
        return _counted(verdict, self._miscounts())

    def _loosely(self) -> Verdict:
        sources = self._lenient()
        walk = LooseWalk(self._output_lines(), sources, self._unseen)
        verdict = walk.verdict()
        return _counted(verdict, chain(self._miscounts(), self._uneven(walk.payload, _torn(sources))))

    @property
    def _may_have_strangers(self) -> bool:
        """Whether an output that looks false may hold lines of sources that the checkpoint knows nothing of."""
        if not self._piped or self._output.alien or any(self._miscounts()):
            return False
        said = sum(origin.emitted for origin in self._origins)
        return self._is_labelled or not self._is_whole or len(self._output) > said

    def _with_strangers(self, strict: Verdict) -> Verdict:
        """Judge once more, with strangers: what is false even so is false, and all else is as it was or undecided."""
        sources = self._lenient()
        strangers = Strangers({origin.prefix for origin in self._origins})
        walk = LooseWalk(self._output_lines(), sources, self._unseen if self._is_labelled else (), strangers)
        verdict = walk.verdict()
        count = self._strange(walk.payload, _torn(sources), strangers)
        if count <= 0 or not strangers.are_unknown_to(self._all_lines()):
            return strict
        if self._is_labelled:
            verdict = _counted(verdict, self._uneven(walk.payload, _torn(sources)))
        if verdict.truth is Truth.FALSE:
            return verdict
        return replace(strict, truth=Truth.UNDECIDED, lines=verdict.lines, strangers=count)

    def _strange(self, payload: Mapping[bytes, int], torn: Mapping[bytes, int], strangers: Strangers) -> int:
        """Return how many bytes are of strangers; without labels, as many as are more than all sources have brought."""
        if not self._is_labelled and self._is_whole:
            return payload[b""] + strangers.size - _most(self._origins, torn[b""])
        gone = any(origin.there.gone > 0 for origin in self._origins)
        return 0 if gone and not self._is_labelled else strangers.size

    @property
    def _is_labelled(self) -> bool:
        return any(origin.prefix for origin in self._origins)

    @property
    def _unseen(self) -> set[bytes]:
        return {origin.prefix for origin in self._origins if origin.there.gone > 0}

    def _output_lines(self) -> LineReader:
        return LineReader(self._output.reopen(), self._room, torn_last=False)

    def _lenient(self) -> list[Lenient]:
        otherwise = Omits.NOTHING if self._is_whole else Omits.FIRST
        return [
            Lenient(self._reader(i, origin, stretch), Omits.ANY if origin.filtered else otherwise)
            for i, (origin, stretch) in enumerate(self._stretches())
        ]

    def _all_lines(self) -> Iterator[LineReader]:
        """Yield what has left of the files, and what has not: a line of that is too early, and no stranger's."""
        for origin, stretch in self._stretches():
            for part in (stretch, stretch.rest):
                if part is not None:
                    yield self._reader(0, origin, part)

    def _stretches(self) -> Iterator[tuple[Origin, Stretch]]:
        return ((origin, stretch) for origin in self._origins for stretch in origin.there.stretches)

    def _reader(self, index: int, origin: Origin, stretch: Stretch) -> LineReader:
        return LineReader(stretch.reopen(), self._room, index=index, prefix=origin.prefix, first=stretch.start)

    def _miscounts(self) -> Iterator[Miscount]:
        """Yield the accounts that contradict themselves, or the files."""
        for origin in self._origins:
            position = origin.there.position
            account = position.account
            left = account.bytes_emitted + account.bytes_filtered
            parts = left + account.bytes_held + account.bytes_lost
            if account.bytes_seen != parts:
                reason = f"{account.bytes_seen} bytes were seen, and {parts} are accounted for"
                yield Miscount(position.source, reason)
            if origin.there.gone < 0:
                reason = f"{left - origin.there.gone} bytes have left its files, and {left} are accounted for"
                yield Miscount(position.source, reason)

    def _uneven(self, payload: Mapping[bytes, int], torn: Mapping[bytes, int]) -> Iterator[Miscount]:
        """Yield where the output holds more or less than has left, as far as labels tell sources apart."""
        for each in {origin.prefix: None for origin in self._origins}:
            sharing = [origin for origin in self._origins if origin.prefix == each]
            said = sum(origin.emitted for origin in sharing)
            if payload[each] > _most(sharing, torn[each]) or (payload[each] < said and self._is_whole):
                paths = ", ".join(origin.there.position.source for origin in sharing)
                yield Miscount(paths, f"{said} bytes have left, and {payload[each]} are in the output")

    def _missing(self) -> Iterator[str]:
        """Yield what cannot be seen any more."""
        for origin in self._origins:
            name, account = origin.there.position.source, origin.there.position.account
            if origin.there.gone > 0:
                yield f"{name}: {origin.there.gone} bytes that have left could not be found beside the name"
            reasons = dict.fromkeys([*account.earlier_reasons, *account.reasons])
            if account.bytes_lost or reasons:
                lost = f"{account.bytes_lost} bytes were lost" if account.bytes_lost else "some may be lost"
                yield ": ".join((name, lost, *reasons))
            for rest in origin.there.unread:
                yield f"{name}: unread bytes stand in {rest.path} from byte {rest.start}"
        if self._output.gone:
            files = "files" if self._output.gone > 1 else "file"
            yield f"{self._output.path}: {self._output.gone} {files} rotated away from it cannot be seen any more"
        if self._elsewhere:
            yield f"{self._output.path}: {self._elsewhere} bytes had left before it was begun anew"

    def _located(self, verdict: Verdict) -> Verdict:
        """Say in which of the output's files the difference is."""
        if verdict.difference is None:
            return verdict
        path, offset = self._output.located(verdict.difference.output_offset)
        output = None if path == self._output.path else path
        return replace(verdict, difference=replace(verdict.difference, output_offset=offset, output=output))


def _most(origins: Iterable[Origin], torn: int) -> int:
    """How many bytes of these sources the output may hold, with the newlines that it gave to torn lines."""
    return torn + sum(origin.emitted + origin.torn for origin in origins)


def _torn(sources: Iterable[Lenient]) -> Counter[bytes]:
    """How many last lines that were met lack their newline, by prefix."""
    return Counter(source.reader.prefix for source in sources if source.reader.torn)


def _counted(verdict: Verdict, miscounts: Iterable[Miscount]) -> Verdict:
    """A true walk is false where a count says so."""
    miscount = next(iter(miscounts), None) if verdict.truth is Truth.TRUE else None
    return verdict if miscount is None else replace(verdict, truth=Truth.FALSE, miscount=miscount)
