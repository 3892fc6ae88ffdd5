"""A ground and a chance for each test of this directory."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from .chance import SEED, chance_of
from .ground import Ground


@pytest.fixture
def chance(request: pytest.FixtureRequest) -> Random:
    sys.stdout.write(f"again: CHAOS_SEED={SEED}\n")
    return chance_of(request.node.name)


@pytest.fixture
def ground(tmp_path: Path, chance: Random) -> Iterator[Ground]:
    """Files and processes, none of which outlives the test."""
    ground = Ground(tmp_path, chance.randrange(1 << 16))
    try:
        yield ground
    finally:
        ground.end()
