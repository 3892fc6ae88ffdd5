"""Saving: what is to be given up is given up between two reads. What is saved is tested with the model."""

from __future__ import annotations

from pathlib import Path

import pytest

from logbraid.errors import SinkError
from logbraid.view import saving as saving_module
from logbraid.view import scan as scan_module
from logbraid.view.saving import save
from logbraid.view.scan import Scan
from logbraid.view.selection import Selection

from .build import Remembered, Written, index_of, source

RECORDS = [Written(time, text="a" if time % 2 else "b") for time in range(40)]


class Patience:
    """Says stop when it was asked so many times."""

    def __init__(self, looks: int) -> None:
        self.looks = looks

    def __call__(self) -> bool:
        self.looks -= 1
        return self.looks < 0


@pytest.mark.parametrize("looks", [0, 3, 8])
def test_whoever_is_to_stop_reads_no_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, looks: int) -> None:
    monkeypatch.setattr(scan_module, "PIECE", 10)
    monkeypatch.setattr(saving_module, "AT_ONCE", 1)
    shelf = Remembered(RECORDS)
    index = index_of(RECORDS)
    selection = Selection(index).with_scans((Scan("a", index, shelf),), ())
    with pytest.raises(SinkError, match="not saved"):
        save(str(tmp_path / "out.log"), selection, shelf, [source(0)], Patience(looks))
    scanned, saved = min(looks, 4), max(looks - 4, 0)
    assert shelf.asked == 10 * scanned + saved
    assert list(tmp_path.iterdir()) == []
