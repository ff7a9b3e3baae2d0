"""Show the site while it is being written.

.venv/site/bin/python -m tools.serve 8000
"""

import os
import socket
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

ADDRESS = "127.0.0.1"


def main(arguments: Sequence[str]) -> int:
    """Serve the site on the port named first; give the exit code."""
    [port] = arguments
    if not is_free(int(port)):
        message = f"make: port {port} is taken; stop what listens there or run make serve port=…"
        print(message, file=sys.stderr)
        return 1
    print(f"Serving on http://{ADDRESS}:{port}/ once it is built; Ctrl-C stops it", flush=True)
    mkdocs = str(Path(sys.executable).parent / "mkdocs")
    # Served from the root, wherever the site is published.
    environ = {**os.environ, "NO_MKDOCS_2_WARNING": "1", "SITE_URL": ""}
    # Live reload is a script within the page, which the policy would refuse.
    environ["CONTENT_SECURITY_POLICY"] = "false"
    try:
        command = [mkdocs, "serve", "--livereload", "-a", f"{ADDRESS}:{port}"]
        return subprocess.run(command, env=environ, check=False).returncode
    except KeyboardInterrupt:
        return 0


def is_free(port: int) -> bool:
    """Tell whether nothing listens on the port."""
    with socket.socket() as probe:
        return probe.connect_ex((ADDRESS, port)) != 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
