import os
from http.cookiejar import DefaultCookiePolicy
from typing import Any

from requests import PreparedRequest, Response, Session
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

TIMEOUT = (1.0, 5.0)  # to connect, and between two reads

RETRIES = Retry(
    total=3,
    status_forcelist={429, 502, 503, 504},  # of idempotent methods only, by default
    backoff_factor=0.2,
    backoff_jitter=0.2,
    backoff_max=5,
    retry_after_max=10,
    raise_on_status=False,  # the last answer comes back, for raise_for_status()
)


class PartnerSession(Session):
    def __init__(self) -> None:
        super().__init__()
        self.headers["Authorization"] = f"Bearer {os.environ['PARTNER_TOKEN']}"
        self.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))  # keeps none
        adapter = HTTPAdapter(max_retries=RETRIES, pool_maxsize=20, pool_block=True)
        self.mount(os.environ["PARTNER_URL"], adapter)

    def send(self, request: PreparedRequest, **kwargs: Any) -> Response:  # noqa: ANN401  # Session's
        kwargs["timeout"] = kwargs.get("timeout") or TIMEOUT
        return super().send(request, **kwargs)


def read_invoice(session: Session, number: int) -> dict[str, object]:
    answer = session.get(f"{os.environ['PARTNER_URL']}/invoices/{number}")
    answer.raise_for_status()
    invoice: dict[str, object] = answer.json()
    return invoice
