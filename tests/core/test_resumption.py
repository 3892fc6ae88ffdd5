"""The table of beginnings: every way in which an output can be found, and what is done about it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from logbraid.core.checkpoint import OutputState
from logbraid.core.resumption import Facts, Found, Seen, Step, decide, refusal, seen
from logbraid.core.types import SECOND, Identity

OURS, OTHER = Identity(1, 7), Identity(1, 8)
COMMITTED = OutputState(OURS, 100, b"end\n", 5, False, "text")
AS_IT_WAS = Found("o", OURS, 100, b"end\n")
FRESH_FILE = Found("o", OTHER, 0)
ROTATED = AS_IT_WAS._replace(path="o.1")

NONE = Facts("o", "text")
WELL = Facts("o", "text", COMMITTED, AS_IT_WAS)
ENDED = replace(WELL, committed=replace(COMMITTED, ended_well=True))
OUTRUN = replace(WELL, output=AS_IT_WAS._replace(size=150, modified=301 * SECOND))
GONE = Facts("o", "text", COMMITTED)


def found(facts: Facts, identity: Identity, size: int, guard: bytes = b"end\n") -> Facts:
    return replace(facts, output=Found("o", identity, size, guard))


CASES = [
    ("nothing at all", NONE, Seen.NOTHING, Step.BEGIN, Step.BEGIN),
    ("an empty file", found(NONE, OURS, 0), Seen.NOTHING, Step.BEGIN, Step.BEGIN),
    ("a file, no checkpoint", found(NONE, OURS, 9), Seen.UNKNOWN, Step.REFUSE, Step.APPEND),
    ("positions alone", replace(NONE, alone=True), Seen.ALONE, Step.REFUSE, Step.APPEND),
    ("as it was", WELL, Seen.AS_IT_WAS, Step.RESUME, Step.RESUME),
    ("a tail that was not committed", found(WELL, OURS, 150), Seen.AS_IT_WAS, Step.RESUME, Step.RESUME),
    ("as it was left well", ENDED, Seen.AS_IT_WAS, Step.RESUME, Step.RESUME),
    ("another device since the start", found(WELL, Identity(3, 7), 150), Seen.AS_IT_WAS, Step.RESUME, Step.RESUME),
    ("longer after a good end", found(ENDED, OURS, 101), Seen.LONGER, Step.REFUSE, Step.APPEND),
    ("written to for long after", OUTRUN, Seen.OUTRUN, Step.REFUSE, Step.APPEND),
    ("truncated", found(WELL, OURS, 99, b"xxxx"), Seen.SHORTER, Step.REFUSE, Step.APPEND),
    ("emptied", found(WELL, OURS, 0, b""), Seen.SHORTER, Step.REFUSE, Step.APPEND),
    ("edited", found(WELL, OURS, 150, b"xxx\n"), Seen.CHANGED, Step.REFUSE, Step.APPEND),
    ("replaced", found(WELL, OTHER, 150), Seen.REPLACED, Step.REFUSE, Step.APPEND),
    ("replaced by an empty file", found(WELL, OTHER, 0, b""), Seen.REPLACED, Step.REFUSE, Step.APPEND),
    ("gone", GONE, Seen.MISSING, Step.REFUSE, Step.APPEND),
    ("another form", replace(WELL, form="jsonl"), Seen.OTHER_FORM, Step.REFUSE, Step.RESUME),
    ("rotated, no new file", replace(GONE, rotated=ROTATED), Seen.ROTATED, Step.GO_ON, Step.GO_ON),
    ("rotated", replace(GONE, output=FRESH_FILE, rotated=ROTATED), Seen.ROTATED, Step.GO_ON, Step.GO_ON),
    ("rotated, another form", replace(GONE, form="jsonl", rotated=ROTATED), Seen.ROTATED, Step.GO_ON, Step.GO_ON),
    (
        "rotated, and somebody wrote to the new file",
        replace(GONE, output=FRESH_FILE._replace(size=1), rotated=ROTATED),
        Seen.REPLACED,
        Step.REFUSE,
        Step.APPEND,
    ),
    (
        "rotated and truncated",
        replace(GONE, rotated=ROTATED._replace(size=9, guard=b"")),
        Seen.SHORTER,
        Step.REFUSE,
        Step.APPEND,
    ),
]


@pytest.mark.parametrize(
    ("facts", "what", "plain", "appending"), [case[1:] for case in CASES], ids=[c[0] for c in CASES]
)
def test_each_case_has_its_step(facts: Facts, what: Seen, plain: Step, appending: Step) -> None:
    assert seen(facts) is what
    assert decide(facts) is plain
    assert decide(facts, append=True) is appending
    assert decide(facts, fresh=True) is Step.EMPTY


@pytest.mark.parametrize("facts", [case[1] for case in CASES if case[3] is Step.REFUSE])
def test_a_refusal_names_the_ways_out(facts: Facts) -> None:
    said = refusal(facts)
    assert "--append" in said
    assert "--fresh" in said


def test_a_refusal_says_what_was_seen() -> None:
    assert "99 bytes, and 100 were written" in refusal(found(WELL, OURS, 99))
    assert "1 bytes behind" in refusal(found(ENDED, OURS, 101))
    assert "written as text, and jsonl" in refusal(replace(WELL, form="jsonl"))


def test_every_case_is_tried() -> None:
    assert {case[2] for case in CASES} == set(Seen)


def test_an_empty_guard_proves_no_other_device() -> None:
    empty = replace(COMMITTED, length=0, guard=b"")
    assert seen(Facts("o", "text", empty, Found("o", Identity(3, 7), 0))) is Seen.REPLACED
