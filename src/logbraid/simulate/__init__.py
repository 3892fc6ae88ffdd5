"""Writers that behave like real ones, for tests, benchmarks and doubts: what they wrote is known to the byte.

Every line bears its writer and a sequence number, so that loss and doubling can be proven from outside, with nothing
but grep. Nothing here reads or merges logs.
"""

from __future__ import annotations

from logbraid.simulate.manifest import Manifest, WrittenFile
from logbraid.simulate.running import run
from logbraid.simulate.styles import STYLES
from logbraid.simulate.writers import simulate

__all__ = ["STYLES", "Manifest", "WrittenFile", "run", "simulate"]
