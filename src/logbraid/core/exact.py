"""Records as JSON and back, exactly: what lacks a part, has one too many, or one of another type, is none of ours.

Kinds are tables that are made once, and a record's parts are held against them all together: there may be very many
records. What is recorded is not known here.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import product
from operator import attrgetter, itemgetter
from typing import Any, Final, NamedTuple

__all__ = ["Kind", "Range", "decoded", "encoded", "many", "perhaps", "record_of"]

Range = tuple[int, int]
"""The least and the greatest number."""


class Kind(NamedTuple):
    """How one kind of value becomes JSON, and how it is had back; what is no such thing raises ValueError.

    Attributes:
        types: what its JSON may be, exactly: ``True`` is no number here.
        plain: makes JSON of a value; None: it is the same.
        value: makes a value of JSON of that type; None: it is the same.
        range: of numbers, which are parts of a record.
    """

    types: tuple[type, ...]
    plain: Callable[[Any], Any] | None = None
    value: Callable[[Any], Any] | None = None
    range: Range | None = None


_one_line: Final = json.JSONEncoder(separators=(",", ":"), check_circular=False).encode


def encoded(kind: Kind, value: object) -> str:
    """Return a value as one line of ASCII."""
    return _one_line(value if kind.plain is None else kind.plain(value))


def decoded(kind: Kind, text: str) -> Any:
    """Return the value that ``encoded`` has written. Raises ValueError where it is not exactly that."""
    try:
        return _strictly(kind)(json.loads(text))
    except RecursionError:
        raise ValueError("it is deeper than anything that is written here") from None


def many(kind: Kind, collection: type = tuple) -> Kind:
    """Values of one kind, any number of them."""
    plain, value = kind.plain, _strictly(kind)
    return Kind(
        (list,),
        list if plain is None else lambda values: list(map(plain, values)),
        lambda plains: collection(map(value, plains)),
    )


def perhaps(kind: Kind) -> Kind:
    """A record, or None."""
    plain, value = kind.plain, kind.value
    assert plain is not None, "a record is no JSON by itself"
    assert value is not None, "a record is no JSON by itself"
    return Kind(
        (*kind.types, type(None)),
        lambda whole: None if whole is None else plain(whole),
        lambda record: None if record is None else value(record),
    )


def record_of(type_: Callable[..., Any], is_sound: Callable[[Any], bool] | None = None, /, **kinds: Kind) -> Kind:
    """Values with these attributes, in the order in which they are made of them, each of its kind.

    Args:
        type_: makes a value of its parts.
        is_sound: whether the parts of a value fit each other.
        kinds: of two parts or more.
    """
    attributes, parts_of = attrgetter(*kinds), itemgetter(*kinds)
    plains = [(name, kind.plain) for name, kind in kinds.items() if kind.plain is not None]
    values = [(at, kind.value) for at, kind in enumerate(kinds.values()) if kind.value is not None]
    types = tuple(product(*(kind.types for kind in kinds.values())))
    ranges = [(at, *kind.range) for at, kind in enumerate(kinds.values()) if kind.range is not None]

    def plain(whole: Any) -> dict[str, Any]:
        record = dict(zip(kinds, attributes(whole), strict=True))
        for name, convert in plains:
            record[name] = convert(record[name])
        return record

    def value(record: dict[str, Any]) -> Any:
        try:
            parts = parts_of(record)
        except KeyError as error:
            raise ValueError(f"{type_.__name__} lacks {error}") from None
        if len(record) > len(parts):
            raise ValueError(f"{type_.__name__} has no {', '.join(record.keys() - kinds.keys())!r:.60}")
        if tuple(map(type, parts)) not in types:
            raise ValueError(f"{parts!r:.60} are not of the types that {type_.__name__} has")
        for at, least, most in ranges:
            if not least <= parts[at] <= most:
                raise ValueError(f"{parts[at]!r:.60} is too small or too great for {type_.__name__}")
        if values:
            parts = list(parts)
            for at, convert in values:
                parts[at] = convert(parts[at])
        whole = type_(*parts)
        if is_sound is not None and not is_sound(whole):
            raise ValueError(f"{whole!r:.60} contradicts itself")
        return whole

    return Kind((dict,), plain, value)


def _strictly(kind: Kind) -> Callable[[Any], Any]:
    """Return what makes a value of any JSON, or raises ValueError."""
    (type_,), convert = kind.types, kind.value

    def value(plain: Any) -> Any:
        if type(plain) is not type_:
            raise ValueError(f"{plain!r:.60} is no {type_.__name__}")
        return plain if convert is None else convert(plain)

    return value
