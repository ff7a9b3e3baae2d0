"""A run: the directory its processes share, and the reaper that ends it."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import psutil

from tests.services import reaper
from tests.services.registry import RUN_VARIABLE

REAP_TIMEOUT = 30.0
MEMORY = Path("/dev/shm")
ROOM = 2 * 2**30
"""Bytes that must be free in memory: PostgreSQL's log alone may grow to half of it."""


class Run:
    """The process that opens a run owns it; processes it starts find it in the environment."""

    def __init__(self) -> None:
        """Make the run's directory, start its reaper and tell child processes."""
        self.directory = Path(
            tempfile.mkdtemp(prefix="stackproof-services-", dir=place())
        ).resolve()
        # Servers run as another user and must get through to their own directories.
        self.directory.chmod(0o711)
        self._reaper = subprocess.Popen(
            [sys.executable, "-P", reaper.__file__, self.directory],
            cwd="/",
            stdin=subprocess.PIPE,
            # With our output open, whoever waits for its end would wait for the reaper too.
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        os.environ[RUN_VARIABLE] = str(self.directory)

    def close(self) -> bool:
        """Stop every server and remove the directory; True if nothing was left behind."""
        os.environ.pop(RUN_VARIABLE, None)
        if self._reaper.stdin is not None:
            self._reaper.stdin.close()
        return self._reaper.wait(REAP_TIMEOUT) == 0


def place(memory: Path = MEMORY, room: int = ROOM) -> Path | None:
    """Give where servers keep their data: in memory, or None where it has no room for them.

    Tests make hundreds of databases: 45 ms each in memory; on a disk 45 to 360, by what it has
    still to write. Whoever names a place in TMPDIR is obeyed.
    """
    if "TMPDIR" in os.environ or not os.access(memory, os.W_OK | os.X_OK):
        return None
    disk = os.statvfs(memory)
    runs_programs = not disk.f_flag & os.ST_NOEXEC
    free = min(disk.f_bavail * disk.f_frsize, psutil.virtual_memory().available)
    return memory if runs_programs and free >= room else None
