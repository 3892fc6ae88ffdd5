"""The table of keys: that it is whole, unambiguous, known to the application, and what the documentation says."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from logbraid.view.app import ViewApp
from logbraid.view.keys import ANYWHERE, KEYS, Group, Key, keys_of, written
from logbraid.view.widgets.overlay import Overlay
from logbraid.view.widgets.prompt import Prompt
from logbraid.view.widgets.sources import Sources

HANDS: dict[Group, type] = {
    **dict.fromkeys(ANYWHERE, ViewApp),
    Group.SOURCES: Sources,
    Group.PROMPT: Prompt,
    Group.LISTS: Overlay,
}
"""Who does what the keys of a group ask for."""


def test_every_group_has_keys_and_somebody_who_heeds_them() -> None:
    assert {key.group for key in KEYS} == set(Group) == HANDS.keys()


@pytest.mark.parametrize("groups", [ANYWHERE, [Group.SOURCES], [Group.PROMPT], [Group.LISTS]])
def test_no_key_means_two_things_in_the_same_place(groups: list[Group]) -> None:
    pressed = Counter(name for key in keys_of(*groups) for name in key.keys)
    assert [name for name, count in pressed.items() if count > 1] == []


@pytest.mark.parametrize("key", KEYS, ids=lambda key: f"{key.group.name}-{key.keys[0]}")
def test_every_action_exists_and_takes_what_the_table_says(key: Key) -> None:
    name, _, arguments = key.action.partition("(")
    method: Callable[..., object] = getattr(HANDS[key.group], f"action_{name}")
    count = len(ast.literal_eval(f"({arguments.removesuffix(')')},)")) if arguments else 0
    if name != "quit":
        assert method.__code__.co_argcount == 1 + count


def test_keys_are_written_as_people_write_them() -> None:
    assert [written(name) for name in ("ctrl+f", "pagedown", "space", "/", "G")] == ["C-f", "PgDn", "Space", "/", "G"]


def test_the_documentation_has_the_same_table(root: Path) -> None:
    page = (root / "docs" / "view.md").read_text()
    missing = [key for key in KEYS if not any(_is_about(line, key) for line in page.splitlines())]
    assert missing == []


def _is_about(line: str, key: Key) -> bool:
    """Whether a line says what a key does."""
    return key.words in line and all(f"`{written(name)}`" in line for name in key.keys)
