"""What a run of one test file is told by its environment.

Apart from the record, so that the run imports nothing that its test did not ask for.
"""

import os

RECORD_VARIABLE = "STACKPROOF_RECORD"
COVER_VARIABLE = "STACKPROOF_COVER"
COVERAGE_FILE_VARIABLE = "STACKPROOF_COVERAGE_FILE"


def covered_paths() -> list[str]:
    """The files whose lines this process must count."""
    return [path for path in os.environ.get(COVER_VARIABLE, "").split(os.pathsep) if path]
