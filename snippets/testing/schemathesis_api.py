import os
from typing import Any

import schemathesis
from hypothesis import settings
from shares import app

settings.register_profile("nightly", max_examples=2_000, deadline=None, derandomize=False)
settings.register_profile("push", max_examples=25, deadline=None, derandomize=True)
settings.load_profile(os.environ.get("API_SEARCH", "push"))

schema = schemathesis.openapi.from_asgi("/openapi.json", app)


@schema.parametrize()  # one test for each operation of the document
def test_api_keeps_its_promises(case: schemathesis.Case[Any]) -> None:
    case.call_and_validate()
