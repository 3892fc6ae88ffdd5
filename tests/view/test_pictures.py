"""The pictures of the documentation: that they are there, shown, and load nothing."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

pytestmark = pytest.mark.once

ROOT = Path(__file__).parent.parent.parent
PICTURES = sorted((ROOT / "docs" / "pictures").glob("*.svg"))


def test_there_are_pictures() -> None:
    assert {"view.svg", "search.svg", "traceback.svg", "json.svg"} <= {picture.name for picture in PICTURES}


@pytest.mark.parametrize("picture", PICTURES, ids=lambda picture: picture.name)
def test_the_tour_shows_it(picture: Path) -> None:
    assert f"](pictures/{picture.name})" in (ROOT / "docs" / "view.md").read_text()


@pytest.mark.parametrize("picture", PICTURES, ids=lambda picture: picture.name)
def test_it_is_only_a_picture(picture: Path) -> None:
    text = picture.read_text()
    tags = {element.tag.rpartition("}")[2] for element in ElementTree.fromstring(text).iter()}
    assert tags <= {"svg", "style", "defs", "clipPath", "rect", "circle", "g", "text"}
    assert re.findall(r"url\((?!#)[^)]*\)|@import", text) == []


@pytest.mark.parametrize("picture", PICTURES, ids=lambda picture: picture.name)
def test_it_shows_a_whole_window(picture: Path) -> None:
    words = " ".join(" ".join(ElementTree.fromstring(picture.read_text()).itertext()).split())
    assert "orders-01.log" in words
    assert re.search(r"[\d,]+ of (10,\d+ \(\d+ %\)|\d+ shown, of 10k)", words)
