"""The repository's own guide, for the tests that check real data."""

import pytest

from guide.load import load_guide
from guide.problems import DataError
from guide.whole import Guide
from tests.proof.record import ROOT


def repository_guide() -> Guide:
    """The guide of this repository; a run whose data is broken ends with the list of problems."""
    try:
        return load_guide(ROOT)
    except DataError as error:
        message = f"the data has problems; mend them first:\n{error}"
        raise pytest.UsageError(message) from None
