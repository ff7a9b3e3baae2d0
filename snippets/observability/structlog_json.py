import logging
import sys
from uuid import uuid4

import structlog
from fastapi import FastAPI
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from structlog.tracebacks import ExceptionDictTransformer
from structlog.typing import Processor

BOTH: list[Processor] = [  # what our own lines and those of libraries have in common
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.ExceptionRenderer(
        ExceptionDictTransformer(show_locals=False)  # locals hold passwords and tokens
    ),
]


def configure_logging() -> None:
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *BOTH,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*BOTH, structlog.stdlib.PositionalArgumentsFormatter()],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(default=str),
            ],
        )
    )
    logging.basicConfig(handlers=[handler], level=logging.INFO, force=True)
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        logging.getLogger(name).handlers.clear()  # or each line comes twice, once as text
        logging.getLogger(name).propagate = name != "uvicorn.access"  # ours says more


class RequestContext:
    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request_id = str(uuid4())  # ours: a client could send newlines or somebody else's
        sent: dict[str, int] = {}

        async def with_id(message: Message) -> None:
            if message["type"] == "http.response.start":
                sent["status"] = message["status"]
                message["headers"].append((b"x-request-id", request_id.encode()))
            await send(message)

        structlog.contextvars.clear_contextvars()
        with structlog.contextvars.bound_contextvars(request_id=request_id):
            try:
                await self.app(scope, receive, with_id)
                log.info("request", method=scope["method"], path=scope["path"], **sent)
            except Exception:
                log.exception("request", method=scope["method"], path=scope["path"], status=500)
                raise


log = structlog.stdlib.get_logger("shop")
app = FastAPI()
app.add_middleware(RequestContext)


@app.post("/orders/{order_id}/pay")
async def pay(order_id: int) -> None:
    structlog.contextvars.bind_contextvars(order_id=order_id)  # on every later line of the request
    log.info("payment started", provider="card")
