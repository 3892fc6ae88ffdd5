"""The rules of the house, held by tools: who may import whom, how long a file may be, which words a name may hold."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from importlinter.cli import EXIT_STATUS_SUCCESS, lint_imports

pytestmark = pytest.mark.once

SOURCE: Final = Path(__file__).parent.parent / "src" / "logbraid"
MODULES: Final = sorted(SOURCE.rglob("*.py"))

LONGEST_FILE: Final = 400
BANNED: Final = frozenset(
    (
        "watcher",
        "harvester",
        "stream",
        "message",
        "entry",
        "cursor",
        "engine",
        "worker",
        "manager",
        "helper",
        "utils",
        "feed",
    )
)


def named(tree: ast.AST) -> Iterator[str]:
    """Every name that a module gives to something of its own."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name
        elif isinstance(node, ast.arg):
            yield node.arg
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id


def words(name: str) -> set[str]:
    return {word.lower() for word in re.findall(r"[A-Z]?[a-z]+|[A-Z]+", name)}


def test_imports_point_down(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status = lint_imports(config_filename=str(root / "pyproject.toml"), no_cache=True, no_logo=True)
    assert status == EXIT_STATUS_SUCCESS, capsys.readouterr().out


@pytest.mark.parametrize("module", MODULES, ids=lambda module: str(module.relative_to(SOURCE)))
def test_a_module_is_short_and_says_what_lives_there(module: Path) -> None:
    text = module.read_text()
    assert text.count("\n") < LONGEST_FILE
    assert ast.get_docstring(ast.parse(text)), "it opens with a docstring"


@pytest.mark.parametrize("module", MODULES, ids=lambda module: str(module.relative_to(SOURCE)))
def test_names_are_from_the_glossary(module: Path) -> None:
    assert [name for name in named(ast.parse(module.read_text())) if words(name) & BANNED] == []
