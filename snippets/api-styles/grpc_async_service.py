import asyncio
import os
import signal

import grpc
from stock_pb2 import DeliverRequest, DeliverResponse, ReserveRequest, ReserveResponse
from stock_pb2_grpc import StockServicer, StockStub, add_StockServicer_to_server


class Stock(StockServicer):
    def __init__(self, copies: dict[str, int]) -> None:
        self.copies = copies
        self.changed = asyncio.Condition()

    async def Reserve(  # noqa: N802 - the name in the .proto file
        self, request: ReserveRequest, context: grpc.aio.ServicerContext
    ) -> ReserveResponse:
        if context.time_remaining() is None:
            await context.abort(grpc.StatusCode.INVALID_ARGUMENT, "send a deadline")
        if request.isbn not in self.copies:
            await context.abort(grpc.StatusCode.NOT_FOUND, f"no book {request.isbn}")
        async with self.changed:
            # Cancelled when the deadline passes or the client goes: nothing is taken then.
            await self.changed.wait_for(lambda: self.copies[request.isbn] >= request.copies)
            self.copies[request.isbn] -= request.copies
            return ReserveResponse(left=self.copies[request.isbn])

    async def Deliver(  # noqa: N802
        self, request: DeliverRequest, _context: grpc.aio.ServicerContext
    ) -> DeliverResponse:
        async with self.changed:
            self.copies[request.isbn] = self.copies.get(request.isbn, 0) + request.copies
            self.changed.notify_all()
            return DeliverResponse(left=self.copies[request.isbn])


async def serve() -> None:
    # Without the option a second server may take the same port, and each gets some of the calls.
    server = grpc.aio.server(options=[("grpc.so_reuseport", 0)])
    add_StockServicer_to_server(Stock({"9780441013593": 2}), server)
    port = server.add_insecure_port(os.environ["LISTEN"])
    await server.start()
    print(f"serving on port {port}", flush=True)
    stopping = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopping.set)
    await stopping.wait()
    await server.stop(grace=10)  # calls that run may end; new ones are refused


async def reserve(stub: StockStub, isbn: str, copies: int, seconds: float = 2) -> int | None:
    try:
        # There is no deadline by default: the call would wait for ever.
        answer = await stub.Reserve(ReserveRequest(isbn=isbn, copies=copies), timeout=seconds)
    except grpc.aio.AioRpcError as error:
        if error.code() is grpc.StatusCode.DEADLINE_EXCEEDED:
            return None
        if error.code() is grpc.StatusCode.NOT_FOUND:
            raise LookupError(error.details()) from error
        raise
    return answer.left


if __name__ == "__main__":
    asyncio.run(serve())
