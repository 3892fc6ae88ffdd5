"""``readline`` and ``confirm_merge``: whole lines or none, and no difference that is not named."""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logbraid.errors import SourceError, UsageError
from logbraid.handles import NoNewData, confirm_merge, readline
from logbraid.verify import check


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "app.log"


def append(path: Path, data: bytes) -> None:
    with path.open("ab") as log:
        log.write(data)


def test_readline_returns_whole_lines_one_by_one(path: Path) -> None:
    path.write_bytes(b"one\n\ntwo\r\n")
    with path.open("rb") as handle:
        assert [readline(handle) for _ in range(3)] == [b"one\n", b"\n", b"two\r\n"]
        with pytest.raises(NoNewData):
            readline(handle)


def test_readline_leaves_a_part_of_a_line_for_later(path: Path) -> None:
    path.write_bytes(b"one\ntw")
    with path.open("rb") as handle:
        assert readline(handle) == b"one\n"
        for _ in range(2):
            with pytest.raises(NoNewData):
                readline(handle)
            assert handle.tell() == 4
        append(path, b"o\n")
        assert readline(handle) == b"two\n"


def test_readline_starts_over_in_a_truncated_file(path: Path) -> None:
    path.write_bytes(b"long enough\n")
    with path.open("rb") as handle:
        readline(handle)
        path.write_bytes(b"")
        with pytest.raises(NoNewData):
            readline(handle)
        append(path, b"new\n")
        assert readline(handle) == b"new\n"


def test_readline_of_a_closed_handle_is_the_error_of_any_closed_file(path: Path) -> None:
    path.touch()
    with path.open("rb") as handle:
        pass
    with pytest.raises(ValueError, match="closed file"):
        readline(handle)


def test_readline_reads_any_binary_file(path: Path) -> None:
    path.write_bytes(b"one\n")
    with path.open("rb", buffering=0) as unbuffered:
        assert readline(unbuffered) == b"one\n"
    assert readline(io.BytesIO(b"one\n")) == b"one\n"


def test_readline_refuses_text(path: Path) -> None:
    path.touch()
    with path.open() as text, pytest.raises(UsageError, match=r"app\.log is open in text mode.*'rb'"):
        readline(text)  # type: ignore[arg-type]


@given(pieces=st.lists(st.binary(max_size=4) | st.sampled_from([b"\n", b"a\nb"]), max_size=20))
def test_readline_returns_the_same_lines_however_they_are_written(pieces: list[bytes]) -> None:
    file, lines = io.BytesIO(), []
    for piece in pieces:
        position = file.tell()
        file.seek(0, os.SEEK_END)
        file.write(piece)
        file.seek(position)
        while (file.getvalue()).find(b"\n", file.tell()) >= 0:
            lines.append(readline(file))
        with pytest.raises(NoNewData):
            readline(file)
    assert lines == [line + b"\n" for line in b"".join(pieces).split(b"\n")[:-1]]


@pytest.fixture
def confirm(tmp_path: Path) -> Callable[..., None]:
    """``confirm_merge`` of what the files hold: the output first."""

    def confirm(output: bytes, *inputs: bytes) -> None:
        paths = [tmp_path / name for name in ("merged", "a.log", "b.log", "c.log")]
        for path, data in zip(paths, (output, *inputs), strict=False):
            path.write_bytes(data)
        confirm_merge(paths[1 : 1 + len(inputs)], paths[0])

    return confirm


A, B = b"a 1\na 2\na 3\n", b"b 1\nb 2\n"


@pytest.mark.parametrize(
    ("output", "inputs"),
    [
        (b"a 1\nb 1\na 2\na 3\nb 2\n", (A, B)),
        (A + B, (A, B)),
        (A, (A,)),
        (A + B, (A, b"", B)),
        (A + B, (A[:-1], B[:-1])),
        (b"same\n" * 5, (b"same\n" * 2, b"same\n" * 3)),
        (b"same\na\nsame\nb\n", (b"same\na\n", b"same\nb\n")),
        (b"same\nb\nsame\na\n", (b"same\na\n", b"same\nb\n")),
        (b"", ()),
    ],
)
def test_a_true_merge_is_confirmed(confirm: Callable[..., None], output: bytes, inputs: Sequence[bytes]) -> None:
    confirm(output, *inputs)


@pytest.mark.parametrize(
    ("output", "said"),
    [
        (b"a 1\nb 1\nb 2\na 3\n", r"a\.log, line 2 at byte 4: .* missing .*'a 2'; .*merged has at byte 12: 'a 3'"),
        (b"a 1\na 1\na 2\na 3\n" + B, r"a\.log, line 1 at byte 0: .* once more.*'a 1'; .*merged has at byte 4: 'a 1'"),
        (b"a 2\na 1\na 3\n" + B, r"a\.log, line 1 at byte 0: .* too late.*'a 1'; .*merged has at byte 0: 'a 2'"),
        (A + b"b 1\nb", r"b\.log, line 2 at byte 4: .* cut .*'b 2'; .*merged has at byte 16: 'b'"),
        (A + b"\n" + B, r"this line is in no source: ''; .*merged has at byte 12: ''"),
        (A + B + b"b 3\n", r"this line is in no source: 'b 3'; .*merged has at byte 20: 'b 3'"),
        (A, r"b\.log, line 1 at byte 0: .* ends before .*'b 1'; .*merged has at byte 12: its end"),
        (b"a 1b 1\n\na 2\na 3\nb 2\n", r"a\.log, line 1 at byte 0: .* runs into another: 'a 1'; .*'a 1b 1'"),
    ],
)
def test_the_first_difference_is_named(confirm: Callable[..., None], output: bytes, said: str) -> None:
    with pytest.raises(AssertionError, match=said):
        confirm(output, A, B)


def test_control_sequences_of_a_log_are_not_obeyed(confirm: Callable[..., None]) -> None:
    with pytest.raises(AssertionError, match=r"byte 0: '\\x1b\[2J'"):
        confirm(b"\x1b[2J\n", A)


def test_what_equal_lines_leave_undecided_is_not_confirmed(
    confirm: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    same = b"same\n" * 5
    monkeypatch.setattr(check, "MOST_STEPS", 3)
    with pytest.raises(AssertionError, match="undecided"):
        confirm(same + b"b\n" + same + b"a\n", same + b"a\n", same + b"b\n")


@given(lines=st.lists(st.sampled_from([b"same\n", b"a\n", b"\n"]), max_size=30), data=st.data())
def test_any_interleaving_is_confirmed(
    tmp_path_factory: pytest.TempPathFactory, lines: list[bytes], data: st.DataObject
) -> None:
    owners = data.draw(st.lists(st.sampled_from([0, 1]), min_size=len(lines), max_size=len(lines)))
    directory = tmp_path_factory.mktemp("merge")
    inputs = [directory / "a.log", directory / "b.log"]
    for number, path in enumerate(inputs):
        path.write_bytes(b"".join(line for line, owner in zip(lines, owners, strict=True) if owner == number))
    (directory / "merged").write_bytes(b"".join(lines))
    confirm_merge(inputs, directory / "merged")


@pytest.mark.parametrize("spelt", [os.fspath, os.fsencode, Path], ids=["str", "bytes", "PathLike"])
def test_paths_are_spelt_in_any_way(path: Path, spelt: Callable[[Path], Any]) -> None:
    path.write_bytes(A)
    confirm_merge([spelt(path)], spelt(path))


def test_a_file_that_is_not_there_is_an_error_of_its_own(path: Path) -> None:
    with pytest.raises(SourceError, match="no such file"):
        confirm_merge([path], path)
