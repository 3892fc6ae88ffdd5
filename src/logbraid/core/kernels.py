"""The few Arrow kernels of the time path, called by name.

``pyarrow.compute`` makes three hundred wrappers when it is imported, which takes as long as merging 40 MB. What it
wraps is all that is needed here; it is asked itself only where a future version keeps that elsewhere.
"""

from __future__ import annotations

from typing import Any, TypeAlias, cast

import numpy as np
import pyarrow as pa

from logbraid.core.types import Bool, Int64

try:
    from pyarrow._compute import CastOptions, MatchSubstringOptions, call_function
except ImportError:
    from pyarrow.compute import CastOptions, MatchSubstringOptions, call_function

__all__ = ["find", "joined", "matches"]

Texts: TypeAlias = "pa.Array[Any]"
"""An Arrow array of bytes or texts, of any kind."""


def joined(texts: Texts) -> pa.LargeBinaryArray:
    """Copy the texts one behind the other."""
    return cast(pa.LargeBinaryArray, call_function("cast", [texts], CastOptions.safe(pa.large_binary())))


def find(texts: Texts, pattern: bytes) -> Int64:
    """Return where each text first holds the pattern, -1 where it does not."""
    found = call_function("find_substring", [texts], MatchSubstringOptions(pattern.decode()))
    return np.asarray(found.to_numpy(zero_copy_only=False), np.int64)


def matches(texts: Texts, pattern: str) -> Bool:
    """Return which texts hold a match of the regular expression (RE2, linear in time).

    Raises:
        pa.ArrowInvalid: it is none.
    """
    found = call_function("match_substring_regex", [texts], MatchSubstringOptions(pattern))
    return np.asarray(found.to_numpy(zero_copy_only=False), np.bool_)
