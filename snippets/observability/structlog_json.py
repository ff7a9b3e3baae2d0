import logging
import sys
from uuid import uuid4

from fastapi import FastAPI
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from structlog import configure, contextvars, processors, stdlib
from structlog.tracebacks import ExceptionDictTransformer
from structlog.typing import Processor

BOTH: list[Processor] = [  # what our own lines and those of libraries have in common
    contextvars.merge_contextvars,
    stdlib.add_log_level,
    stdlib.add_logger_name,
    processors.TimeStamper(fmt="iso", utc=True),
    processors.ExceptionRenderer(ExceptionDictTransformer(show_locals=False)),  # they hold secrets
]


def configure_logging() -> None:
    configure(
        processors=[stdlib.filter_by_level, *BOTH, stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=stdlib.LoggerFactory(),
    )
    as_json: list[Processor] = [
        stdlib.ProcessorFormatter.remove_processors_meta,
        processors.JSONRenderer(default=str),
    ]
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(stdlib.ProcessorFormatter(processors=as_json, foreign_pre_chain=BOTH))
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

        async def with_id(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"].append((b"x-request-id", request_id.encode()))
                log.info("request", method=scope["method"], status=message["status"])
            await send(message)

        contextvars.clear_contextvars()
        contextvars.bind_contextvars(request_id=request_id, path=scope["path"])
        try:
            await self.app(scope, receive, with_id)
        except Exception:
            log.exception("request", method=scope["method"], status=500)
            raise


log = stdlib.get_logger("shop")
app = FastAPI()
app.add_middleware(RequestContext)


@app.post("/orders/{order_id}/pay")
async def pay(order_id: int) -> None:
    contextvars.bind_contextvars(order_id=order_id)  # on every later line of the request
    log.info("payment started", provider="card")
