"""Every format by its own samples, and the contract that the vectorised reader relies on."""

from __future__ import annotations

import re
from datetime import UTC

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from logbraid.core.timestamps.calendar import Calendar
from logbraid.core.timestamps.detect import detect
from logbraid.core.timestamps.format import HEXADECIMAL, Format, Head, Sample
from logbraid.core.timestamps.formats import FORMATS

from .reference import locate, read_lines

SAMPLES = [(form, sample) for form in FORMATS for sample in form.samples]
NAMES = [f"{form.name}: {sample.line[:30]!r}" for form, sample in SAMPLES]


def stamp_of(form: Format, sample: Sample) -> bytes:
    """Return the sample's line from its timestamp on."""
    lock = detect([sample.line], [form])
    assert lock is not None
    place = locate(lock.locator, sample.line)
    assert place is not None
    return sample.line[place:]


def meaning(form: Format, match: re.Match[bytes]) -> Head | None:
    """Return what a match says, None where it says nothing possible."""
    try:
        return form.read(match)
    except ValueError:
        return None


STAMPS = [(form, stamp_of(form, sample)) for form, sample in SAMPLES]


@pytest.mark.parametrize(("form", "sample"), SAMPLES, ids=NAMES)
def test_a_sample_is_detected_and_means_what_it_says(form: Format, sample: Sample) -> None:
    lock = detect([sample.line] * 3)
    assert lock is not None
    assert lock.format.name == form.name
    calendar = Calendar(UTC, sample.modified)
    assert next(read_lines(lock, calendar, [sample.line])) == sample.expected


def test_every_format_has_a_name_of_its_own_and_samples() -> None:
    assert len({form.name for form in FORMATS}) == len(FORMATS)
    assert all(form.samples for form in FORMATS)


@pytest.mark.parametrize(("form", "stamp"), STAMPS, ids=NAMES)
def test_the_digits_of_the_tail_do_not_matter_to_the_head(form: Format, stamp: bytes) -> None:
    match = form.pattern.match(stamp)
    assert match is not None
    groups = ["fraction"] if form.base == HEXADECIMAL else ["second", "fraction"]
    changed = bytearray(stamp)
    for group in groups:
        if match.re.groupindex.get(group) and match[group]:
            changed[slice(*match.span(group))] = b"7" * len(match[group])
    other = form.pattern.match(bytes(changed))
    assert other is not None
    assert (other.span(), other.regs[1:]) == (match.span(), match.regs[1:])
    assert form.read(other) == form.read(match)


@settings(max_examples=500)
@given(st.sampled_from(STAMPS), st.integers(0, 40), st.text('0123456789.,:+-ZzUTCGM aPx]"', max_size=8))
def test_one_byte_after_a_timestamp_decides(stamped: tuple[Format, bytes], cut: int, suffix: str) -> None:
    form, stamp = stamped
    text = stamp[:cut] + suffix.encode()
    whole = form.pattern.match(text)
    for stop in range(1, len(text)):
        part = form.pattern.match(text[: stop + 1])
        if part is not None and part.end() == stop and meaning(form, part) is not None:
            assert whole is not None
            assert whole.end() == stop


@pytest.mark.parametrize("form", FORMATS, ids=[form.name for form in FORMATS])
@given(data=st.data())
@settings(max_examples=20)
def test_what_a_pattern_matches_begins_as_announced(form: Format, data: st.DataObject) -> None:
    text = data.draw(st.from_regex(form.pattern))
    match = form.pattern.search(text)
    assert match is not None
    assert match[0][0] in form.first
    assert b"\n" not in match[0]
    meaning(form, match)
