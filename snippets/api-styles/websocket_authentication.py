import asyncio
import os
import time

import jwt
from fastapi import FastAPI, WebSocket, WebSocketDisconnect, WebSocketException, status

ORIGINS = {"https://app.example.com"}
AUDIENCE = "live-orders"
PATIENCE = 5.0  # seconds in which the first token must come
UNAUTHORIZED = 4401  # 4000-4999 are for applications; the client fetches a token and comes back

key = os.environ["JWT_KEY"]
tokens = jwt.PyJWT({"enforce_minimum_key_length": True, "require": ["aud", "exp", "sub"]})
app = FastAPI()


async def converse(websocket: WebSocket) -> None:
    loop = asyncio.get_running_loop()
    account: str | None = None
    async with asyncio.timeout(PATIENCE) as limit:
        while True:
            match await websocket.receive_json():
                case {"token": str(token)}:  # the first, and each that replaces it
                    claims = tokens.decode(token, key, algorithms=["HS256"], audience=AUDIENCE)
                    if account not in {None, claims["sub"]}:
                        raise WebSocketException(UNAUTHORIZED, "token of another account")
                    account = claims["sub"]
                    # Who may not renew the token is out when it ends, not when the tab closes.
                    limit.reschedule(loop.time() + claims["exp"] - time.time())
                    await websocket.send_json({"account": account, "until": claims["exp"]})
                case {"watch": int(order_id)} if account is not None:
                    await websocket.send_json({"watching": order_id})
                case _:
                    raise WebSocketException(status.WS_1008_POLICY_VIOLATION, "not understood")


@app.websocket("/orders/live")
async def live(websocket: WebSocket) -> None:
    if websocket.headers.get("origin") not in ORIGINS:  # CORS does not apply to WebSockets
        raise WebSocketException(status.WS_1008_POLICY_VIOLATION)  # before accept: a 403
    await websocket.accept()
    try:
        await converse(websocket)
    except WebSocketDisconnect:
        pass  # the end of every conversation
    except (jwt.InvalidTokenError, TimeoutError) as error:
        raise WebSocketException(UNAUTHORIZED, "a valid token is needed") from error
    except (KeyError, TypeError, ValueError) as error:
        message = "not text, or not JSON"
        raise WebSocketException(status.WS_1008_POLICY_VIOLATION, message) from error
