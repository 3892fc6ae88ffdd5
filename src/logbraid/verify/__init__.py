"""Is this output a true merge of these sources: every source whole, in its own order, once, and nothing else?

Verification shares no code with the merge that it judges: it knows physical lines and nothing of records, timestamps
or rotation. Memory is bounded whatever the length of the files.
"""

from __future__ import annotations

from logbraid.verify.check import verify
from logbraid.verify.lines import Clock, Readable, Reopenable
from logbraid.verify.verdict import Difference, Kind, Truth, Verdict

__all__ = ["Clock", "Difference", "Kind", "Readable", "Reopenable", "Truth", "Verdict", "verify"]
