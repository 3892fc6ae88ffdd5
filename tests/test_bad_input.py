"""Whatever a source holds, is, or does while it is read: never a traceback, never a silent loss."""

from __future__ import annotations

import bz2
import errno
import gzip
import lzma
import os
import resource
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any

import pyarrow as pa
import pytest

import logbraid
from logbraid.core.account import Account
from logbraid.core.events import BinaryKept, BinarySkipped, Event, FormatChanged, NoTimestamps, SourceSkipped
from logbraid.drivers import slices

STEADY = [b"2026-03-01T10:%02d:%02d.000Z steady %d\n" % (n // 60, n % 60, n) for n in range(600)]


class Merged:
    """What one merge wrote, said and counted; sums are checked on the way."""

    def __init__(self, tmp_path: Path, *sources: Path | str, whole: bool = True, **options: Any) -> None:
        self.events: list[Event] = []
        out = tmp_path / "out"
        self.account: Account = logbraid.merge(
            sources, out, notice=self.events.append, tz=options.pop("tz", "UTC"), **options
        )
        self.data = out.read_bytes()
        self.lines = self.data.splitlines(keepends=True)
        assert self.account.whole == whole
        for source in self.account.sources:
            assert source.bytes_seen == source.bytes_emitted + source.bytes_filtered + source.bytes_lost, source


@pytest.fixture
def steady(tmp_path: Path) -> Path:
    """A good file, which nothing that is wrong with another may harm."""
    path = tmp_path / "steady.log"
    path.write_bytes(b"".join(STEADY))
    return path


def other(tmp_path: Path, data: bytes, name: str = "other.log") -> Path:
    path = tmp_path / name
    path.write_bytes(data)
    return path


def line(second: float, text: bytes) -> bytes:
    return b"2026-03-01T10:%02d:%06.3fZ " % (second // 60, second % 60) + text


# What stands in it


def test_an_empty_file(tmp_path: Path, steady: Path) -> None:
    merged = Merged(tmp_path, other(tmp_path, b""), steady)
    assert merged.data == b"".join(STEADY)
    assert merged.account.sources[0].records == 0


@pytest.mark.parametrize("data", [b"\n", b"\n\n\n", b"x", b"\0", b"\r\n", b" \n\t\n", b"\xff", b"{", b"\xef\xbb\xbf"])
def test_a_file_of_next_to_nothing(tmp_path: Path, steady: Path, data: bytes) -> None:
    merged = Merged(tmp_path, other(tmp_path, data), steady)
    assert len(merged.data) == len(b"".join(STEADY)) + len(data) + (not data.endswith(b"\n"))


def test_no_final_newline(tmp_path: Path, steady: Path) -> None:
    merged = Merged(tmp_path, other(tmp_path, line(3.5, b"last")), steady)
    assert merged.lines[3:6] == [STEADY[3], line(3.5, b"last\n"), STEADY[4]]


def test_nul_bytes_pass_through(tmp_path: Path, steady: Path) -> None:
    odd = [line(n + 0.5, b"a\0b\0\0\n") for n in range(600)]
    merged = Merged(tmp_path, other(tmp_path, b"".join(odd)), steady)
    assert merged.lines == sorted(STEADY + odd)


@pytest.mark.parametrize("end", [b"\r\n", b"\r\r\n", b"\x0b\n", b"\x1c\n", b"\xc2\x85\n", b"\xe2\x80\xa8\n"])
def test_odd_line_ends_pass_through(tmp_path: Path, steady: Path, end: bytes) -> None:
    odd = [line(n + 0.5, b"odd" + (end if n % 2 else b"\n")) for n in range(600)]
    merged = Merged(tmp_path, other(tmp_path, b"".join(odd)), steady)
    assert merged.data == b"".join(sorted(STEADY + odd))


@pytest.mark.parametrize("text", [b"\xff\xfe\xfd", b"\xc3(", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"gr\xfc\xdf"])
@pytest.mark.parametrize("output_format", ["text", "jsonl"])
def test_what_is_not_utf_8_passes_through(tmp_path: Path, steady: Path, text: bytes, output_format: Any) -> None:
    odd = [line(n + 0.5, text + b"\n") for n in range(600)]
    merged = Merged(tmp_path, other(tmp_path, b"".join(odd)), steady, output_format=output_format)
    assert len(merged.lines) == 1200
    if output_format == "text":
        assert merged.lines == sorted(STEADY + odd)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-be", "utf-32"])
def test_byte_order_marks(tmp_path: Path, steady: Path, encoding: str) -> None:
    text = "".join(line(n + 0.5, "grün\n".encode()).decode() for n in range(600))
    data = ("\ufeff" + text).encode(encoding) if encoding == "utf-16-be" else text.encode(encoding)
    merged = Merged(tmp_path, other(tmp_path, data), steady)
    assert merged.lines[1].removeprefix(b"\xef\xbb\xbf") == line(0.5, "grün\n".encode())
    assert len(merged.lines) == 1200
    assert not merged.events


def test_a_binary_file_that_was_named(tmp_path: Path, steady: Path) -> None:
    noise = Random(1).randbytes(300_000).replace(b"\x1f\x8b", b"")
    merged = Merged(tmp_path, other(tmp_path, b"\0" + noise), steady)
    assert BinaryKept(str(tmp_path / "other.log")) in merged.events
    assert merged.account.sources[0].bytes_emitted == len(noise) + 1
    assert [one for one in merged.lines if one in STEADY] == STEADY


def test_a_binary_file_that_was_met(tmp_path: Path, steady: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    other(folder, b"\0\1\2")
    steady.rename(folder / "steady.log")
    merged = Merged(tmp_path, folder)
    assert merged.events == [BinarySkipped(str(folder / "other.log"))]
    assert merged.data == b"".join(STEADY)


# Compressed


COMPRESS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "bzip2": bz2.compress,
    "xz": lzma.compress,
    "zstd": lambda data: pa.compress(data, "zstd", asbytes=True),
}


def lines_that_do_not_compress(count: int) -> list[bytes]:
    random = Random(7)
    return [line(number / 100, random.randbytes(40).hex().encode() + b"\n") for number in range(count)]


@pytest.mark.parametrize("codec", COMPRESS)
@pytest.mark.parametrize("damage", ["truncated", "corrupt"])
def test_damaged_compressed_files(tmp_path: Path, steady: Path, codec: str, damage: str) -> None:
    lines = lines_that_do_not_compress(20_000)
    packed = bytearray(COMPRESS[codec](b"".join(lines)))
    if damage == "truncated":
        del packed[len(packed) // 2 :]
    else:
        packed[len(packed) // 3 : len(packed) // 2] = b"\xff" * (len(packed) // 2 - len(packed) // 3)
    merged = Merged(tmp_path, other(tmp_path, bytes(packed)), steady, whole=False)
    account = merged.account.sources[0]
    assert damage in account.reasons[0]
    assert str(tmp_path / "other.log") in {event.path for event in merged.events}
    assert [one for one in merged.lines if b"steady" in one] == STEADY
    if damage == "truncated":
        assert account.records > 8000
        assert len(set(merged.lines) - {*lines, *STEADY}) <= 1, "one line is torn"


# Time


def test_timestamps_out_of_range(tmp_path: Path, steady: Path) -> None:
    times = [b"9999-12-31T23:59:59Z", b"2026-13-45T99:99:99Z", b"0000-00-00T00:00:00Z", b"1600-01-01T00:00:00Z"]
    odd = [time + b" odd\n" for time in times]
    good = [line(n + 0.5, b"good\n") for n in range(600)]
    mixed = [one for n, each in enumerate(good) for one in ([each, odd[n % 4]] if n % 50 == 0 else [each])]
    merged = Merged(tmp_path, other(tmp_path, b"".join(mixed)), steady)
    assert [one for one in merged.lines if b"steady" not in one] == mixed
    assert [one for one in merged.lines if one not in odd] == sorted(STEADY + good)


@pytest.mark.parametrize("digits", [1, 5, 19, 25])
def test_epochs_of_any_length(tmp_path: Path, steady: Path, digits: int) -> None:
    odd = [b"%s x\n" % (b"9" * digits) for _ in range(100)]
    merged = Merged(tmp_path, other(tmp_path, b"".join(odd)), steady)
    assert len(merged.lines) == 700


def test_time_that_goes_backwards(tmp_path: Path, steady: Path) -> None:
    back = [line(n % 100, b"back %d\n" % n) for n in range(600)]
    merged = Merged(tmp_path, other(tmp_path, b"".join(back)), steady)
    assert [one for one in merged.lines if b"back" in one] == back


def test_zones_that_jump(tmp_path: Path, steady: Path) -> None:
    zones = [(b"Z", 10), (b"+02:00", 12), (b"-05:00", 5)]
    odd = []
    for n in range(600):
        zone, hour = zones[n % 3]
        odd.append(b"2026-03-01T%02d:%02d:%02d.500%s odd\n" % (hour, n // 60, n % 60, zone))
    merged = Merged(tmp_path, other(tmp_path, b"".join(odd)), steady)
    assert merged.lines == [one for pair in zip(STEADY, odd, strict=True) for one in pair]


def test_a_format_that_changes_midway(tmp_path: Path, steady: Path) -> None:
    before = [line(n + 0.5, b"before\n") for n in range(300)]
    after = [b"01/Mar/2026:10:%02d:%02d +0000 after\n" % (n // 60, n % 60) for n in range(300, 600)]
    merged = Merged(tmp_path, other(tmp_path, b"".join(before + after)), steady)
    changed = [event for event in merged.events if isinstance(event, FormatChanged)]
    assert [event.offset for event in changed] == [len(b"".join(before))]
    assert merged.lines[-2:] in ([after[-1], STEADY[-1]], [STEADY[-1], after[-1]])


def test_no_timestamps_at_all(tmp_path: Path, steady: Path) -> None:
    merged = Merged(tmp_path, other(tmp_path, b"no time\n" * 500), steady)
    assert merged.events == [NoTimestamps(str(tmp_path / "other.log"))]
    assert merged.data.count(b"no time\n") == 500


# Names


def test_what_cannot_be_read(tmp_path: Path, steady: Path) -> None:
    missing, dangling = tmp_path / "missing.log", tmp_path / "dangling.log"
    dangling.symlink_to(tmp_path / "nowhere")
    merged = Merged(tmp_path, missing, dangling, steady, f"{tmp_path}/no*such*pattern", whole=False)
    assert set(merged.account.failed) == {str(missing), str(dangling), f"{tmp_path}/no*such*pattern"}
    assert merged.data == b"".join(STEADY)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read anything")
def test_what_may_not_be_read(tmp_path: Path, steady: Path) -> None:
    path = other(tmp_path, b"secret\n")
    path.chmod(0)
    merged = Merged(tmp_path, path, steady, whole=False)
    assert merged.account.failed == {str(path): "permission denied"}
    assert merged.data == b"".join(STEADY)


def test_a_read_that_fails(tmp_path: Path, steady: Path) -> None:
    merged = Merged(tmp_path, "/proc/self/mem", steady, whole=False)
    assert "/proc/self/mem" in {event.path for event in merged.events}
    assert merged.data == b"".join(STEADY)


def test_a_loop_of_directories_and_a_dangling_link(tmp_path: Path, steady: Path) -> None:
    folder = tmp_path / "folder" / "deep"
    folder.mkdir(parents=True)
    (folder / "loop").symlink_to(tmp_path / "folder")
    (folder / "dangling").symlink_to(folder / "nowhere")
    steady.rename(folder / "steady.log")
    merged = Merged(tmp_path, tmp_path / "folder")
    assert merged.data == b"".join(STEADY)
    assert merged.events == [SourceSkipped(str(folder / "dangling"), "dangling link")]


@pytest.mark.skipif(sys.platform != "linux", reason="file names are text there")
@pytest.mark.parametrize("output_format", ["text", "jsonl", "parquet"])
def test_a_name_that_is_not_utf_8(tmp_path: Path, steady: Path, output_format: Any) -> None:
    path = other(tmp_path, STEADY[0], os.fsdecode(b"gr\xfcn.log"))
    merged = Merged(tmp_path, path, steady, output_format=output_format, labels="name")
    assert merged.account.records == 601
    assert merged.account.sources[0].label == os.fsdecode(b"gr\xfcn.log")
    shown = b"gr\xfcn.log" if output_format == "text" else "gr\ufffdn.log".encode()
    assert shown in merged.data


def test_the_same_file_under_several_names(tmp_path: Path, steady: Path) -> None:
    (tmp_path / "hard.log").hardlink_to(steady)
    (tmp_path / "soft.log").symlink_to(steady)
    names: list[Path | str] = [steady, steady, tmp_path / "hard.log", tmp_path / "soft.log", f"{tmp_path}/./steady.log"]
    merged = Merged(tmp_path, *names)
    assert merged.data == b"".join(STEADY)
    assert [type(event) for event in merged.events] == [SourceSkipped] * 4


def test_the_output_is_no_source(tmp_path: Path, steady: Path) -> None:
    other(tmp_path, b"2026-03-01T10:00:00Z what an earlier run wrote\n", "out")
    for _ in range(2):
        merged = Merged(tmp_path, tmp_path)
        assert merged.data == b"".join(STEADY)
        assert merged.events == [SourceSkipped(str(tmp_path / "out"), "belongs to the output")]


def test_an_open_output_is_no_source(tmp_path: Path, steady: Path) -> None:
    with open(tmp_path / "out", "ab") as out:
        out.write(b"2026-03-01T09:00:00Z what an earlier run wrote\n")
        out.flush()
        account = logbraid.merge(tmp_path, out)
    assert [source.label for source in account.sources] == ["steady.log"]


def test_a_named_source_is_never_written_over(tmp_path: Path, steady: Path) -> None:
    with pytest.raises(logbraid.UsageError, match="cannot be the output too"):
        logbraid.merge([steady, other(tmp_path, STEADY[0])], steady)
    with open(steady, "ab") as out, pytest.raises(logbraid.UsageError):
        logbraid.merge(steady, out)
    assert steady.read_bytes() == b"".join(STEADY)


# While it is read


def test_a_file_that_grows(tmp_path: Path, steady: Path) -> None:
    got: list[bytes] = []

    def append(batch: logbraid.RecordBatch) -> None:
        got.append(bytes(batch.data))
        with open(steady, "ab") as file:
            file.write(line(3000, b"later\n"))

    account = logbraid.merge(steady, append)
    assert b"".join(got) == b"".join(STEADY)
    assert account.whole


def test_a_file_that_shrinks(tmp_path: Path) -> None:
    path = other(tmp_path, b"".join(line(n / 1000, b"x" * 90 + b"\n") for n in range(60_000)))
    size, got = path.stat().st_size, [0]

    def truncate(batch: logbraid.RecordBatch) -> None:
        got[0] += len(batch.data)
        os.truncate(path, 3_000_000)

    account = logbraid.merge(path, truncate)
    (source,) = account.sources
    assert (source.bytes_seen, source.bytes_emitted) == (size, 3_000_000)
    assert source.bytes_lost == size - 3_000_000
    assert not account.whole
    assert source.reasons == ["shortened while being read"]


def test_a_file_that_is_removed(tmp_path: Path, steady: Path) -> None:
    large = other(tmp_path, b"".join(line(n / 1000, b"x" * 90 + b"\n") for n in range(60_000)))
    got = [0]

    def remove(batch: logbraid.RecordBatch) -> None:
        got[0] += len(batch.data)
        large.unlink(missing_ok=True)

    account = logbraid.merge(large, remove)
    assert account.whole, "what is open can be read to its end"
    assert got[0] == account.bytes_seen == 60_000 * 116


# The output


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 64 KiB."""
    place = tmp_path / "disk"
    place.mkdir()
    mounted = shutil.which("mount") and subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(place)], capture_output=True, check=False
    )
    if not mounted or mounted.returncode:
        pytest.skip("no file system can be mounted here")
    yield place
    subprocess.run(["umount", str(place)], check=True)


def test_a_full_disk_leaves_what_was_there(tmp_path: Path, small_disk: Path) -> None:
    large = other(tmp_path, b"".join(STEADY) * 20)
    out = small_disk / "out"
    out.write_bytes(b"what stood here before\n")
    with pytest.raises(logbraid.SinkError) as caught:
        logbraid.merge(large, out)
    assert caught.value.errno == errno.ENOSPC
    assert os.listdir(small_disk) == ["out"]
    assert out.read_bytes() == b"what stood here before\n"


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no full device")
@pytest.mark.parametrize("output_format", ["text", "jsonl"])
def test_a_full_device(steady: Path, output_format: Any) -> None:
    with pytest.raises(logbraid.SinkError) as caught:
        logbraid.merge(steady, "/dev/full", output_format=output_format)
    assert caught.value.errno == errno.ENOSPC


def test_a_closed_pipe(steady: Path) -> None:
    ours, theirs = os.pipe()
    os.close(ours)
    with open(theirs, "wb", buffering=0) as pipe, pytest.raises(logbraid.SinkError) as caught:
        logbraid.merge(steady, pipe)
    assert caught.value.errno == errno.EPIPE


# Sizes


LIMITED = """
import resource, sys
import logbraid
def run(sources, out):
    account = logbraid.merge(sources, out, tz="UTC")
    # Not ru_maxrss: that begins with the peak of the process that started this one.
    with open("/proc/self/status") as status:
        peak = next(int(line.split()[1]) >> 10 for line in status if line.startswith("VmHWM"))
    print(int(account.whole), account.records, account.bytes_seen, account.bytes_emitted, peak)
"""


def limited(program: str, *arguments: str) -> list[int]:
    """Run a program of its own: whole, records, bytes seen, bytes emitted, peak in MiB."""
    words = [sys.executable, "-c", LIMITED + program, *arguments]
    done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=100)
    assert done.returncode == 0, done.stderr
    assert not done.stderr
    return [int(number) for number in done.stdout.split()]


def seconds_of_children() -> float:
    """Processor time of the programs that have ended: nobody else's work is in it."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


@pytest.mark.parametrize("start", [b"", b"2026-03-01T10:00:00.5Z "])
def test_one_very_long_line(tmp_path: Path, steady: Path, start: bytes) -> None:
    size = 200 << 20
    path = tmp_path / "long.log"
    with open(path, "wb") as file:
        file.write(start)
        file.truncate(size)  # the rest is a hole: zeros without a newline
    whole, _, seen, emitted, peak = limited("run(sys.argv[2:], sys.argv[1])", os.devnull, str(path), str(steady))
    assert whole
    assert seen == emitted == size + len(b"".join(STEADY))
    assert peak < 350


def test_one_very_long_line_through_a_pipe(tmp_path: Path, steady: Path) -> None:
    size, fifo, out = 200 << 20, tmp_path / "fifo", tmp_path / "out.log"
    os.mkfifo(fifo)

    def write() -> None:
        piece = b"x" * (1 << 20)
        with open(fifo, "wb") as pipe:
            pipe.write(line(3.5, b""))
            for _ in range(size >> 20):
                pipe.write(piece)

    writer = threading.Thread(target=write)
    writer.start()
    whole, _, seen, emitted, peak = limited("run(sys.argv[2:], sys.argv[1])", str(out), str(fifo), str(steady))
    writer.join()
    assert whole
    assert seen == emitted == size + len(line(3.5, b"")) + len(b"".join(STEADY))
    assert peak < 350
    assert out.stat().st_size == seen + 1
    with open(out, "rb") as file:
        assert [file.readline() for _ in range(4)] == STEADY[:4]
        file.seek(size, os.SEEK_CUR)
        assert file.readline() == b"x" * len(line(3.5, b"")) + b"\n"
        assert file.readlines() == STEADY[4:]


def test_a_long_line_keeps_its_own_time(tmp_path: Path, steady: Path) -> None:
    before = [line(n / 10, b"before\n") for n in range(100)]
    long = line(400.5, b"x" * 5_000_000 + b"\n")
    merged = Merged(tmp_path, other(tmp_path, b"".join([*before, long, line(401.5, b"behind\n")])), steady)
    assert merged.lines == sorted([*STEADY, *before, long, line(401.5, b"behind\n")])
    assert merged.account.sources[0].cut == 1
    assert len(merged.events) == 1


def test_a_record_is_not_too_long_because_of_the_next_one(tmp_path: Path, steady: Path) -> None:
    long = [line(n + 0.5, b"x" * 700_000 + b"\n") for n in range(6)]
    merged = Merged(tmp_path, other(tmp_path, b"".join(long)), steady)
    assert merged.lines == sorted([*STEADY, *long])
    assert merged.account.sources[0].cut == 0
    assert merged.events == []


def test_five_thousand_sources_and_256_descriptors(tmp_path: Path) -> None:
    folder = tmp_path / "logs"
    folder.mkdir()
    for number in range(5000):
        (folder / f"{number:04}.log").write_bytes(line(number / 100, b"one\n") + line(number / 100 + 1, b"two\n"))
    program = "resource.setrlimit(resource.RLIMIT_NOFILE, (256, 256)); run(sys.argv[2:], sys.argv[1])"
    began = seconds_of_children()
    whole, records, seen, emitted, _ = limited(program, str(tmp_path / "out"), str(folder))
    assert seconds_of_children() - began < 20
    assert whole
    assert records == 10_000
    assert seen == emitted == (tmp_path / "out").stat().st_size
    times = [one.split()[0] for one in (tmp_path / "out").read_bytes().splitlines()]
    assert times == sorted(times)


# From outside


@pytest.mark.skipif(not shutil.which("sort"), reason="there is no sort")
@pytest.mark.parametrize("processes", [1, 2])
def test_sort_does_the_same(tmp_path: Path, processes: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slices, "PART", 128 << 10)
    monkeypatch.setattr(slices, "LEAST_SHARE", 0)
    random, names = Random(3), []
    for name in "abcde":
        second = 0.0
        with open(tmp_path / f"{name}.log", "w") as file:
            for _ in range(random.randrange(4000, 12_000)):
                second += random.choice([0, 0, 0.001, 0.2])
                minute = int(second) // 60
                file.write(f"2026-03-01 {minute // 60:02}:{minute % 60:02}:{second % 60:06.3f} {name} it is\n")
        names.append(str(tmp_path / f"{name}.log"))
    expected = subprocess.run(
        ["sort", "-m", "-s", "-k1,2", *names], env={"LC_ALL": "C"}, capture_output=True, check=True
    )
    logbraid.merge(names, tmp_path / "out", processes=processes, tz="UTC")
    assert (tmp_path / "out").read_bytes() == expected.stdout
