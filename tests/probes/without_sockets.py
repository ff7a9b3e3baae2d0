"""Run a script that may open no socket: `python without_sockets.py SCRIPT`."""

import runpy
import sys


def refuse_sockets(event: str, arguments: tuple[object, ...]) -> None:
    """Stop whatever binds or connects a socket."""
    if event in {"socket.bind", "socket.connect"}:
        message = f"{event}: {arguments[1:]}"
        raise PermissionError(message)


if __name__ == "__main__":
    script = sys.argv[1]
    sys.addaudithook(refuse_sockets)
    # As `python SCRIPT` would: its folder, not this one, is where it imports from.
    sys.path[0] = script.rpartition("/")[0]
    runpy.run_path(script, run_name="__main__")
