"""A run: the directory its processes share, and the reaper that ends it."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.services import reaper
from tests.services.registry import RUN_VARIABLE

REAP_TIMEOUT = 30.0


class Run:
    """The process that opens a run owns it; processes it starts find it in the environment."""

    def __init__(self) -> None:
        """Make the run's directory, start its reaper and tell child processes."""
        self.directory = Path(tempfile.mkdtemp(prefix="stackproof-services-")).resolve()
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
