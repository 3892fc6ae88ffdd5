from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
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


def test_logs_that_grow(tmp_path: Path) -> None:
    growing = ["--files", "1", "--rate", "2000", "--duration", "50ms"]
    rotated = ["--rotate", "rename", "--rotate-size", "2k", "--keep", "2", "--compress"]
    result = CliRunner().invoke(main, ["simulate", str(tmp_path), *growing, *rotated])
    assert result.exit_code == 0
    manifest = json.loads(result.output)
    assert manifest["lines"] == 100
    assert {path.name.partition(".log")[2] for path in tmp_path.iterdir()} == {"", ".1", ".2.gz"}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_with_the_manifest(tmp_path: Path, number: signal.Signals) -> None:
    command = [sys.executable, "-m", "logbraid", "simulate", str(tmp_path), "--files", "1", "--rate", "max"]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        while not any(path.stat().st_size for path in tmp_path.iterdir()):
            assert process.poll() is None
            time.sleep(0.01)
        process.send_signal(number)
        output, _ = process.communicate(timeout=30)
    assert process.returncode == 0
    (file,) = tmp_path.iterdir()
    assert json.loads(output)["bytes"] == file.stat().st_size


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--rate", "0"], "not a rate"),
        (["--rate", "fast"], "not a rate"),
        (["--size", "1k", "--rotate", "rename"], "--size writes at once"),
        (["--duration", "0s", "--rotate-size", "0"], "one byte or more"),
    ],
)
def test_nonsense_is_refused(tmp_path: Path, arguments: list[str], said: str) -> None:
    result = CliRunner().invoke(main, ["simulate", str(tmp_path), *arguments])
    assert result.exit_code == 2
    assert said in result.stderr
