"""The one table of keys: what is pressed, what it does, and how that is said in words.

The application's bindings, the screen of help, the documentation and the tests all come from it. Nothing here knows how
a key reaches the application.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import Enum
from typing import Final, NamedTuple

__all__ = ["ANYWHERE", "KEYS", "Group", "Key", "actions_of", "keys_of", "written"]


class Group(Enum):
    """What keys are there for, or where they work if that is not everywhere; each has a title."""

    MOVE = "Move"
    FIND = "Look for"
    CHOOSE = "Choose what is shown"
    RECORD = "Records"
    WINDOW = "Window"
    SOURCES = "In the list of sources"
    PROMPT = "While something is typed"
    LISTS = "In this list of keys, and in that of notices"


class Key(NamedTuple):
    """One thing that can be done, and by which keys.

    Attributes:
        keys: any of them does it; characters, or names such as ``pagedown`` and ``ctrl+f``.
        action: what the application calls it, with arguments as Python writes them.
        words: what it does.
        group: where it stands in a list of keys.
    """

    keys: Sequence[str]
    action: str
    words: str
    group: Group


def _group(group: Group, rows: Iterable[tuple[str, str, str]]) -> tuple[Key, ...]:
    return tuple(Key(tuple(keys.split()), action, words, group) for keys, action, words in rows)


KEYS: Final = (
    *_group(
        Group.MOVE,
        (
            ("j down", "move(1)", "next record"),
            ("k up", "move(-1)", "previous record"),
            ("ctrl+e", "scroll(1)", "scroll one row down"),
            ("ctrl+y", "scroll(-1)", "scroll one row up"),
            ("space f pagedown ctrl+f", "page(1, False)", "next page"),
            ("b pageup ctrl+b", "page(-1, False)", "previous page"),
            ("d ctrl+d", "page(1, True)", "half a page down"),
            ("u ctrl+u", "page(-1, True)", "half a page up"),
            ("< home", "first", "first record"),
            ("> G end", "follow", "last record, and follow"),
            ("h left", "shift(-1)", "to the left in long lines"),
            ("l right", "shift(1)", "to the right in long lines"),
            ("0", "shift(0)", "to the beginning of lines"),
            ("F", "follow", "follow: stick to the end"),
        ),
    ),
    *_group(
        Group.FIND,
        (
            ("/", "ask('find')", "search for a regular expression; nothing: for none"),
            ("n", "again(1)", "next match"),
            ("N", "again(-1)", "previous match"),
            ("e", "grave(1)", "next error"),
            ("E", "grave(-1)", "previous error"),
            ("g", "ask('time')", "go to a time: 14:30, 2026-03-01 08:00, -10m"),
            ("m", "bookmark", "bookmark the record, or do so no more"),
            ("'", "to_bookmark(1)", "next bookmark"),
            ('"', "to_bookmark(-1)", "previous bookmark"),
            ("escape", "leave", "stop looking"),
        ),
    ),
    *_group(
        Group.CHOOSE,
        (
            ("&", "ask('show')", "show only what matches; nothing: drop the last pattern"),
            ("!", "ask('hide')", "hide what matches; nothing: drop the last pattern"),
            ("x", "drop", "drop the last pattern"),
            ("X", "show_all", "show all again"),
            ("+", "graver(1)", "hide the least grave level that is there"),
            ("-", "graver(-1)", "show one more of these levels"),
            ("S", "sources", "show or hide the list of sources"),
            ("tab", "to_sources", "to the list of sources, to choose there"),
        ),
    ),
    *_group(
        Group.RECORD,
        (
            ("enter", "unfold", "unfold all lines of the record, or fold them"),
            ("p", "pretty", "show its JSON indented, or as it is"),
            ("w", "wrap", "wrap long lines, or cut them"),
            ("t", "times", "show times in a column, or not"),
            ("y", "copy", "copy the record"),
            ("s", "ask('save')", "save what is shown: to .jsonl, .parquet or text"),
        ),
    ),
    *_group(
        Group.WINDOW,
        (
            ("z", "zoom(0.5)", "timeline: half the time"),
            ("Z", "zoom(2.0)", "timeline: twice the time"),
            ("]", "bar(1)", "timeline: next bar"),
            ("[", "bar(-1)", "timeline: previous bar"),
            ("T", "light", "light or dark"),
            ("i", "notices", "the last notices once more, newest first"),
            ("?", "help", "these keys"),
            ("ctrl+z", "suspend_process", "leave it for the shell; fg comes back"),
            ("q ctrl+c", "quit", "quit"),
        ),
    ),
    *_group(
        Group.SOURCES,
        (
            ("j down", "step(1)", "next source"),
            ("k up", "step(-1)", "previous source"),
            ("pagedown ctrl+f", "step(20)", "twenty sources on"),
            ("pageup ctrl+b", "step(-20)", "twenty sources back"),
            ("< home", "step(-1_000_000)", "first source"),
            ("> G end", "step(1_000_000)", "last source"),
            ("space enter", "switch", "hide its records, or show them"),
            ("o", "only", "show no others, or all"),
            ("tab escape", "leave", "back to the records"),
        ),
    ),
    *_group(
        Group.PROMPT,
        (
            ("enter", "submit", "do it"),
            ("up", "earlier(-1)", "what was typed before"),
            ("down", "earlier(1)", "what was typed after that"),
            ("escape ctrl+c", "leave", "do nothing"),
        ),
    ),
    *_group(
        Group.LISTS,
        (
            ("j down", "scroll(1)", "one line down"),
            ("k up", "scroll(-1)", "one line up"),
            ("space f pagedown", "page(1)", "next page"),
            ("b pageup", "page(-1)", "previous page"),
            ("? i q escape enter ctrl+c", "leave", "back to the records"),
        ),
    ),
)

ANYWHERE: Final = frozenset((Group.MOVE, Group.FIND, Group.CHOOSE, Group.RECORD, Group.WINDOW))
"""Groups whose keys work unless what has the focus takes them."""

_NAMES: Final = {
    "down": "↓",
    "up": "↑",
    "left": "←",
    "right": "→",
    "pagedown": "PgDn",
    "pageup": "PgUp",
    "home": "Home",
    "end": "End",
    "space": "Space",
    "enter": "Enter",
    "escape": "Esc",
    "tab": "Tab",
}


def keys_of(*groups: Group) -> list[Key]:
    """Return the keys of some groups."""
    return [key for key in KEYS if key.group in groups]


def actions_of(*groups: Group) -> dict[str, str]:
    """Return what each key of some groups does."""
    return {name: key.action for key in keys_of(*groups) for name in key.keys}


def written(key: str) -> str:
    """Return a key as people write it: ``C-f``, ``PgDn``, ``/``."""
    return _NAMES.get(key, key.replace("ctrl+", "C-"))
