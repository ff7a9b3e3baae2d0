import hashlib
import hmac
import json
import os
import time
from base64 import b64decode, b64encode
from typing import Annotated

from fastapi import Depends, FastAPI, HTTPException, Request

TOLERANCE = 300  # seconds, for slow networks and clocks that differ

# Separated by spaces: while a secret is replaced, the old and the new one are both accepted.
keys = [
    b64decode(secret.removeprefix("whsec_"), validate=True)
    for secret in os.environ["WEBHOOK_SECRETS"].split()
]


def sign(key: bytes, message_id: str, timestamp: str, body: bytes) -> str:
    signed = f"{message_id}.{timestamp}.".encode() + body
    return "v1," + b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()


async def signed_body(request: Request) -> bytes:
    headers = request.headers
    message_id, timestamp = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    is_number = len(timestamp) == 10 and timestamp.isdecimal()  # until the year 2286
    if not is_number or abs(time.time() - int(timestamp)) > TOLERANCE:
        raise HTTPException(400, "Too old, or from the future")
    body = await request.body()  # the bytes that were signed; parsed and dumped again they differ
    expected = [sign(key, message_id, timestamp, body).encode() for key in keys]
    received = headers.get("webhook-signature", "").encode().split()
    if not any(hmac.compare_digest(one, other) for one in expected for other in received):
        raise HTTPException(401, "Wrong signature")
    return body


app = FastAPI()


@app.post("/webhooks/payments", status_code=202)
async def receive_payment(body: Annotated[bytes, Depends(signed_body)]) -> str:
    event = json.loads(body)
    return f"{event['type']} accepted"
