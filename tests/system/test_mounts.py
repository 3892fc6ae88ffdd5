"""Mounts: which file systems have to be polled."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from logbraid.system.mounts import MountTable, why_polled


def table(tmp_path: Path, kind: str) -> MountTable:
    """A machine where the directory of this test is on a file system of that type."""
    device = tmp_path.stat().st_dev
    number = f"{os.major(device)}:{os.minor(device)}"
    mountinfo = tmp_path / "mountinfo"
    mountinfo.write_text(
        "23 27 4095:21 / /sys rw,relatime - sysfs sysfs rw\n"
        f"36 35 {number} / /a\\040b rw,noatime master:1 shared:2 - {kind} server:/share rw\n"
    )
    return MountTable(mountinfo)


@pytest.mark.parametrize("kind", ["nfs", "nfs4", "cifs", "smb3", "9p", "fuse", "fuse.sshfs", "ceph", "vboxsf", "drvfs"])
def test_what_others_write_to_is_polled(tmp_path: Path, kind: str) -> None:
    assert table(tmp_path, kind).why_polled(str(tmp_path)) == f"{kind} does not tell what others change"


@pytest.mark.parametrize("kind", ["ext4", "xfs", "btrfs", "tmpfs", "overlay", "fuseblk", "zfs"])
def test_what_only_this_machine_writes_to_is_not(tmp_path: Path, kind: str) -> None:
    assert table(tmp_path, kind).file_system(str(tmp_path)) == kind
    assert table(tmp_path, kind).why_polled(str(tmp_path)) is None


def test_without_a_table_nothing_is_known(tmp_path: Path) -> None:
    mounts = MountTable(tmp_path / "nowhere")
    assert mounts.file_system(str(tmp_path)) == ""
    assert mounts.why_polled(str(tmp_path)) is None


def test_what_is_not_there_is_on_no_file_system(tmp_path: Path) -> None:
    assert table(tmp_path, "nfs").file_system(str(tmp_path / "gone")) == ""


def test_the_table_is_read_once(tmp_path: Path) -> None:
    mounts = table(tmp_path, "ext4")
    assert mounts.file_system(str(tmp_path)) == "ext4"
    (tmp_path / "mountinfo").unlink()
    assert mounts.file_system(str(tmp_path)) == "ext4"


@pytest.mark.skipif(not Path("/proc/self/mountinfo").exists(), reason="not Linux")
def test_files_of_the_kernel_do_not_tell() -> None:
    assert why_polled("/proc/self") == "proc does not tell of changes"
