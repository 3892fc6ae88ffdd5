"""Which file systems tell of every change, and which must be polled because others change them behind the kernel.

Only the table of mounted file systems is read here, and only on Linux: elsewhere nothing is known.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

__all__ = ["MountTable", "why_polled"]

MOUNTINFO: Final = Path("/proc/self/mountinfo")

REMOTE: Final = frozenset(
    (
        *("nfs", "nfs4", "cifs", "smb3", "smbfs", "ncpfs", "9p", "virtiofs", "fuse", "ceph", "afs", "coda", "lustre"),
        *("gpfs", "beegfs", "orangefs", "pvfs2", "gfs2", "ocfs2", "vboxsf", "prl_fs", "vmhgfs", "drvfs"),
    )
)
"""Other machines, or a program, write there too: this kernel knows of its own writes only."""

SYNTHETIC: Final = frozenset(("proc", "sysfs"))
"""Files that are made up while they are read."""


class MountTable:
    """The type of each mounted file system, by device; read again when a device is met that is not in it."""

    def __init__(self, path: Path = MOUNTINFO) -> None:
        self._path = path
        self._types: dict[int, str] = {}

    def file_system(self, path: str) -> str:
        """The type of the file system that ``path`` is on; empty where that is unknown."""
        try:
            device = os.stat(path).st_dev
        except OSError:
            return ""
        if device not in self._types:
            # btrfs gives its subvolumes devices that no mount has: they stay unknown, and are remembered as that.
            # So is, wrongly, a device number that is used again after an unmount; the notice would be missing then.
            self._types = {device: "", **self._types, **self._read()}
        return self._types[device]

    def why_polled(self, path: str) -> str | None:
        """Why notifications from this path would not be complete; None where they are."""
        kind = self.file_system(path)
        if kind in REMOTE or kind.startswith("fuse."):
            return f"{kind} does not tell what others change"
        if kind in SYNTHETIC:
            return f"{kind} does not tell of changes"
        return None

    def _read(self) -> dict[int, str]:
        try:
            lines = self._path.read_text(errors="replace").splitlines()
        except OSError:
            return {}
        return dict(device_and_type(line) for line in lines if " - " in line)


def device_and_type(line: str) -> tuple[int, str]:
    """The two facts in a line such as ``36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw``."""
    before, _, after = line.partition(" - ")
    major, _, minor = before.split(" ")[2].partition(":")
    return os.makedev(int(major), int(minor)), after.split(" ")[0]


why_polled: Final = MountTable().why_polled
