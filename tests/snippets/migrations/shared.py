"""An `alembic` command whose imports are done once, for scripts that call it again and again."""

import gc
import json
import os
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.snippets.loading import ROOT
from tests.snippets.processes import started

COMMAND = """#!{python} -IS
import json, os, socket, sys
with socket.socket(socket.AF_UNIX) as server:
    server.connect({address!r})
    socket.send_fds(server, [json.dumps([os.getcwd(), *sys.argv[1:]]).encode()], [1, 2])
    sys.exit(int(server.recv(8)))
"""
READY = "alembic is loaded"


@contextmanager
def alembic_loaded_once(folder: Path, url: str) -> Iterator[dict[str, str]]:
    """Give the environment in which `alembic` is a fork of one process that has it loaded.

    Each call has its own arguments, folder, output and exit code, as a new process would.
    """
    address = str(folder / "socket")
    command = folder / "alembic"
    command.write_text(COMMAND.format(python=sys.executable, address=address), "utf-8")
    command.chmod(0o755)
    module = [sys.executable, "-m", "tests.snippets.migrations.shared", address]
    with started(module, ROOT, {"DATABASE_URL": url}) as server:
        server.says(READY)
        yield {"PATH": os.pathsep.join([str(folder), os.environ["PATH"]])}


def serve(address: str) -> None:
    """Fork for each command that comes, until the process is stopped."""
    import asyncpg  # noqa: F401, PLC0415 - to be there in each fork
    import sqlalchemy.ext.asyncio  # noqa: F401, PLC0415
    from alembic.config import main  # noqa: PLC0415

    gc.freeze()  # each fork would look through everything as it ends: 0.1 s
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(address)
        server.listen()
        print(READY)
        while True:
            client, _ = server.accept()
            with client:
                asked, outputs, *_ = socket.recv_fds(client, 65_536, 2)
                if not (child := os.fork()):
                    folder, *arguments = json.loads(asked)
                    os.chdir(folder)
                    for number, output in enumerate(outputs, 1):
                        os.dup2(output, number)
                    main(arguments, prog="alembic")
                    sys.exit()
                for output in outputs:
                    os.close(output)
                client.send(str(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])).encode())


if __name__ == "__main__":
    serve(sys.argv[1])
