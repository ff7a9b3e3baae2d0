import httpx
import stamina

URL = "https://payments.example.com"


def may_pass(error: Exception) -> bool:
    if isinstance(error, httpx.HTTPStatusError):
        return error.response.status_code >= 500
    return isinstance(error, httpx.TransportError)


@stamina.retry(on=may_pass, attempts=3)
def capture(client: httpx.Client, payment_id: str, cents: int) -> str:
    answer = client.post(
        f"{URL}/payments/{payment_id}/capture",
        json={"cents": cents},
        headers={"Idempotency-Key": payment_id},  # so that a repetition charges once
    )
    answer.raise_for_status()
    status: str = answer.json()["status"]
    return status
