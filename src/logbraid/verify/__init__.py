"""Is this output a true merge of these sources: every source whole, in its own order, once, and nothing else?

Verification shares no code with the merge and the following that it judges: it knows physical lines and nothing of
records or timestamps, and finds rotated files in its own way. Memory is bounded whatever the length of the files.
"""

from __future__ import annotations

from logbraid.verify.check import verify
from logbraid.verify.checkpoint import verify_checkpoint
from logbraid.verify.lines import Clock, Readable, Reopenable
from logbraid.verify.verdict import Difference, Kind, Miscount, Truth, Verdict

__all__ = [
    "Clock",
    "Difference",
    "Kind",
    "Miscount",
    "Readable",
    "Reopenable",
    "Truth",
    "Verdict",
    "verify",
    "verify_checkpoint",
]
