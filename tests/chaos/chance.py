"""How long a form is run, and what chance decides: everything random comes from one seed, which each test prints.

No process is started here and no file is looked at.
"""

from __future__ import annotations

import os
from random import Random, SystemRandom
from typing import Final

__all__ = ["LONG", "SEED", "chance_of"]

LONG: Final = os.environ.get("CHAOS") == "long"
SEED: Final = int(os.environ.get("CHAOS_SEED") or SystemRandom().randrange(1 << 32))


def chance_of(test: str) -> Random:
    """The chance of one test, which the order of tests does not change."""
    return Random(f"{SEED}/{test}")
