"""The public names: all there, each where it says it is, and none that costs a heavy import before it is used."""

from __future__ import annotations

import importlib
import importlib.metadata
import pkgutil
import subprocess
import sys

import pytest

import logbraid

MODULES = [
    info.name for info in pkgutil.walk_packages(logbraid.__path__, "logbraid.") if not info.name.endswith("__main__")
]


def test_every_public_name_is_there() -> None:
    assert [name for name in logbraid.__all__ if not hasattr(logbraid, name)] == []


def test_other_names_are_not_there() -> None:
    with pytest.raises(AttributeError, match="no_such_name"):
        logbraid.no_such_name  # noqa: B018


def test_the_version_is_that_of_the_distribution() -> None:
    assert logbraid.__version__ == importlib.metadata.version("logbraid")


@pytest.mark.parametrize("module", MODULES)
def test_modules_export_what_they_have(module: str) -> None:
    found = importlib.import_module(module)
    assert [name for name in getattr(found, "__all__", ()) if not hasattr(found, name)] == []


def test_importing_the_package_is_cheap() -> None:
    program = "import sys, logbraid; print(*sorted({'numpy', 'pyarrow', 'click'} & set(sys.modules)))"
    printed = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert printed.stdout.strip() == ""
