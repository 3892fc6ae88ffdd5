"""Renders records as JSON, one object a line.

Columns are put together by array operations; only a batch that holds bytes that are not UTF-8 is looked at record by
record. The order and the names of the fields are a promise to whoever reads them.
"""

from __future__ import annotations

import base64
import json
import re
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from logbraid.core.gather import gather, views
from logbraid.core.levels import LEVELS
from logbraid.core.lines import NEWLINE
from logbraid.core.records import RecordBatch
from logbraid.core.types import PADDING
from logbraid.sinks.arrow import characters, columns, edges
from logbraid.sinks.base import Batch

__all__ = ["JsonLines"]

_PLAIN: Final = bytes(set(range(0x20, 0x7F)) - set(b'"\\'))
# DEL, C1 controls and characters that reorder what is shown are legal in JSON, and unwelcome on a terminal.
_UNWELCOME: Final = re.compile("[\x7f-\x9f\u2028-\u202e\u2066-\u2069]")
_TIME_TYPE: Final = pa.timestamp("ns")

_Texts = Any  # an Arrow array or scalar of large strings


class JsonLines:
    """Renders one JSON object a record: time, source, offset, level, data, and where true late.

    ``data`` is the text without its final newline. Bytes that are not UTF-8 become U+FFFD in it, and ``data_base64``
    beside it holds them as they were.
    """

    takes_lines = False

    def __call__(self, batch: Batch, /) -> memoryview:
        """Return the bytes to write."""
        records = columns(batch)
        fields = [
            _text('{"time":"'),
            _times(records),
            _sources(records),
            _offsets(records),
            _levels(records),
            _data(_without_newline(records.payload)),
            _endings(records),
        ]
        return characters(pc.binary_join_element_wise(*fields, _text("")))


def _text(text: str) -> _Texts:
    return pa.scalar(text, pa.large_string())


def _texts(texts: list[str]) -> _Texts:
    return pa.array(texts, pa.large_string())


def _times(batch: RecordBatch) -> _Texts:
    """Return each time as RFC 3339 with nine digits, without its zone."""
    return pc.replace_substring(pa.array(batch.time).cast(_TIME_TYPE).cast(pa.large_string()), " ", "T")


def _sources(batch: RecordBatch) -> _Texts:
    """Return what stands between a time and its offset."""
    used, row = np.unique(batch.source, return_inverse=True)
    labels = [_quoted(batch.sources[number].label) for number in used]
    return _texts([f'Z","source":{label},"offset":' for label in labels]).take(pa.array(row))


def _offsets(batch: RecordBatch) -> _Texts:
    return pa.array(batch.offset).cast(pa.large_string())


def _levels(batch: RecordBatch) -> _Texts:
    """Return what stands between an offset and its data."""
    values = ["null", *(f'"{level}"' for level in LEVELS)]
    return _texts([f',"level":{value},"data":' for value in values]).take(pa.array(batch.level + 1))


def _endings(batch: RecordBatch) -> _Texts:
    if batch.late is None:
        return _text("}\n")
    return _texts(["}\n", ',"late":true}\n']).take(pa.array(batch.late.astype(np.int8)))


def _without_newline(payload: pa.LargeBinaryArray) -> pa.LargeBinaryArray:
    text = np.frombuffer(characters(payload), np.uint8)
    starts, ends = edges(payload)[:-1], edges(payload)[1:]
    padded = np.concatenate([text, np.zeros(PADDING, np.uint8)])
    return gather([padded], views(0, padded, starts, ends - starts - (text[ends - 1] == NEWLINE)))


def _data(data: _Texts) -> _Texts:
    """Return the value of ``data``, and where needed ``data_base64`` behind it."""
    try:
        texts: _Texts = data.cast(pa.large_string())
    except pa.ArrowInvalid:
        return _texts([_doubtful(one) for one in data.to_pylist()])
    for character in _special(bytes(characters(data))):
        texts = pc.replace_substring(texts, character, json.dumps(character)[1:-1])
    return pc.binary_join_element_wise(_text('"'), texts, _text('"'), _text(""))


def _special(text: bytes) -> list[str]:
    """Return the characters of a UTF-8 text that must not stand in JSON as they are.

    The backslash comes first, as it begins what replaces the others.
    """
    kinds = set(text.translate(None, _PLAIN).decode())
    found = [character for character in kinds if character < "\x80" or _UNWELCOME.match(character)]
    return sorted(found, key=lambda character: character != "\\")


def _doubtful(data: bytes) -> str:
    """Return the value of ``data`` where it may not be UTF-8."""
    try:
        return _quoted(data.decode())
    except UnicodeDecodeError:
        encoded = base64.b64encode(data).decode("ascii")
        return f'{_quoted(data.decode("utf-8", "replace"))},"data_base64":"{encoded}"'


def _quoted(text: str) -> str:
    """Return a JSON string; a file name's bytes that are not UTF-8 become U+FFFD."""
    whole = text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    quoted = json.dumps(whole, ensure_ascii=False)
    return _UNWELCOME.sub(lambda found: f"\\u{ord(found[0]):04x}", quoted)
