from __future__ import annotations

import json
from pathlib import Path

from click.testing import CliRunner

from logbraid.cli import main
from logbraid.cli.simulate import FORMATS
from logbraid.simulate import STYLES


def test_logs_are_written_and_counted(tmp_path: Path) -> None:
    arguments = ["simulate", str(tmp_path / "logs"), "--files", "2", "--size", "64k", "--format", "mixed"]
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 0
    manifest = json.loads(result.output)
    sizes = [path.stat().st_size for path in (tmp_path / "logs").iterdir()]
    assert manifest["bytes"] == sum(sizes) <= 65536
    assert len(manifest["files"]) == len(sizes) == 2


def test_every_format_can_be_chosen() -> None:
    assert set(FORMATS) == {"mixed", *(style.name for style in STYLES)}


def test_a_place_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    result = CliRunner().invoke(main, ["simulate", str(tmp_path / "file" / "logs")])
    assert result.exit_code == 3
    assert result.stderr.startswith("logbraid: ")
