from __future__ import annotations

import base64
import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from logbraid.core.options import Options
from logbraid.core.records import Record, RecordBatch
from logbraid.sinks.jsonl import JsonLines

from .batches import batch, batches, with_late

render = JsonLines()


def rows(whole: RecordBatch) -> list[dict[str, Any]]:
    text = bytes(render(whole)).decode()
    assert text.endswith("\n")
    return [json.loads(line) for line in text.split("\n")[:-1]]


def expected(record: Record) -> dict[str, Any]:
    data = record.data.removesuffix(b"\n")
    fields = {"source": record.source, "offset": record.offset, "level": record.level}
    fields["data"] = text = data.decode("utf-8", "replace")
    if text.encode() != data:
        fields["data_base64"] = base64.b64encode(data).decode()
    return fields | ({"late": True} if record.late else {})


def test_a_record_is_an_object_on_a_line() -> None:
    text = b'2026-03-01T08:00:00.5+01:00 ERROR say "no" \\ \x1b[31m\n\tat x\n2026-03-01T09:00:00Z fine\n'
    assert bytes(render(batch(text))).decode() == (
        '{"time":"2026-03-01T07:00:00.500000000Z","source":"a.log","offset":0,"level":"error",'
        '"data":"2026-03-01T08:00:00.5+01:00 ERROR say \\"no\\" \\\\ \\u001b[31m\\n\\tat x"}\n'
        '{"time":"2026-03-01T09:00:00.000000000Z","source":"a.log","offset":57,"level":null,'
        '"data":"2026-03-01T09:00:00Z fine"}\n'
    )


def test_what_is_not_utf8_comes_in_base64_too() -> None:
    (first, second) = rows(batch(b"2026-03-01T08:00:00Z caf\xe9\n2026-03-01T08:00:01Z caf\xc3\xa9\n"))
    assert first["data"] == "2026-03-01T08:00:00Z caf\ufffd"
    assert base64.b64decode(first["data_base64"]) == b"2026-03-01T08:00:00Z caf\xe9"
    assert second["data"] == "2026-03-01T08:00:01Z caf\u00e9"
    assert "data_base64" not in second


def test_late_is_there_only_where_true() -> None:
    late = with_late(batch(b"2026-03-01T08:00:00Z a\n2026-03-01T08:00:01Z b\n"), 1)
    assert ["late" in row for row in rows(late)] == [False, True]


def test_output_is_safe_on_a_terminal() -> None:
    naughty = "2026-03-01T08:00:00Z \u009b31m \x7f \u202e \x1b]0;t\x07\n".encode()
    text = bytes(render(batch(naughty))).decode()
    assert text.rstrip("\n").isprintable()


def test_labels_are_quoted() -> None:
    (row,) = rows(batch(b"2026-03-01T08:00:00Z a\n", labels=['a"\n\udcff\u202e']))
    assert row["source"] == 'a"\n\ufffd\u202e'


def test_times_before_1970_and_far_ahead() -> None:
    found = rows(batch(b"1969-12-31T23:59:59.999999999Z a\n2261-01-01T00:00:00Z b\n"))
    assert [row["time"] for row in found] == ["1969-12-31T23:59:59.999999999Z", "2261-01-01T00:00:00.000000000Z"]


def check(whole: RecordBatch) -> None:
    for row, record in zip(rows(whole), whole.records(), strict=True):
        time = row.pop("time")
        assert len(time) == len("2026-03-01T08:00:00.000000000Z")
        assert row == expected(record)


@given(st.lists(st.binary(max_size=40), max_size=5))
def test_whatever_the_bytes_it_parses_back(lines: list[bytes]) -> None:
    text = b"".join(b"2026-03-01T08:00:%02dZ ERROR %s\n" % (i, line) for i, line in enumerate(lines))
    for whole in batches(text, text[::-1]):
        check(whole)


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=40), max_size=5))
def test_whatever_the_text_it_parses_back(lines: list[str]) -> None:
    text = "".join(f"2026-03-01T08:00:0{i}Z {line}\n" for i, line in enumerate(lines)).encode()
    for whole in batches(text, text):
        check(whole)


def test_characters_that_were_cut_in_two_are_not_utf8() -> None:
    long = b"2026-03-01T08:00:00Z " + "\u20ac".encode() * 100 + b"\n"
    for whole in batches(long, options=Options(max_record=65)):
        check(whole)
