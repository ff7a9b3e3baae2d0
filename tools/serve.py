"""Show the site while it is being written.

.venv/site/bin/python -m tools.serve 8000
"""

import os
import socket
import sys
from collections.abc import Sequence

from tools.on_request import serve_on_request

ADDRESS = "127.0.0.1"


def main(arguments: Sequence[str]) -> int:
    """Serve the site on the port named first; give the exit code."""
    [port] = arguments
    if not is_free(int(port)):
        message = f"make: port {port} is taken; stop what listens there or run make serve port=…"
        print(message, file=sys.stderr)
        return 1
    print(f"Serving on http://{ADDRESS}:{port}/ once it is built; Ctrl-C stops it", flush=True)
    # Served from the root, wherever the site is published. Live reload is a script within the page,
    # which the policy would refuse.
    settings = {"NO_MKDOCS_2_WARNING": "1", "SITE_URL": "", "CONTENT_SECURITY_POLICY": "false"}
    os.environ.update(settings)
    serve_on_request(f"{ADDRESS}:{port}")
    return 0


def is_free(port: int) -> bool:
    """Tell whether nothing listens on the port."""
    with socket.socket() as probe:
        return probe.connect_ex((ADDRESS, port)) != 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
