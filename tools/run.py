"""Run a module with this Python, whatever the caller's shell is set to.

.venv/test/bin/python -m tools.run pytest [arguments]
"""

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

# They would change from outside the repository which code runs, or under which settings.
UNSET = (
    "DJANGO_SETTINGS_MODULE",
    "FLASK_APP",
    "LANGUAGE",
    "PYTHONDONTWRITEBYTECODE",  # each process would compile every package again
    "PYTHONHASHSEED",
    "PYTHONHOME",
    "PYTHONOPTIMIZE",
    "PYTHONPATH",
    "PYTHONSAFEPATH",
    "PYTHONWARNINGS",
    "SITE_URL",
    "VIRTUAL_ENV",
)
FIXED = {"LC_ALL": "C.UTF-8", "NO_MKDOCS_2_WARNING": "1", "PYTHONUTF8": "1", "TZ": "UTC"}


def main(arguments: Sequence[str]) -> int:
    """Run the module named first with the arguments that follow; give its exit code."""
    module = arguments[0]
    environ = environment_for(module, os.environ)
    command = [sys.executable, "-m", module, *arguments[1:]]
    try:
        return subprocess.run(command, env=environ, check=False).returncode
    except KeyboardInterrupt:
        return 130


def environment_for(module: str, environ: Mapping[str, str]) -> dict[str, str]:
    """Give our environment with what the module needs, and for tests without what slows them."""
    own = own_environment(environ)
    if module.partition(".")[0] in {"pytest", "tests"}:
        # Each HTTP client of a test would read the certificates of all authorities: 60 ms.
        own.pop("SSL_CERT_FILE", None)
    if module != "pytest":
        # pytest has `pythonpath` for itself, and the snippets it starts should not see hooks/.
        own["PYTHONPATH"] = str(Path.cwd() / "hooks")
    return own


def own_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """Give the caller's environment with our language and time zone, and our programs first."""
    kept = {name: value for name, value in environ.items() if name not in UNSET}
    programs = str(Path(sys.executable).parent)
    path = os.pathsep.join([programs, *filter(None, [environ.get("PATH")])])
    return {**kept, **FIXED, "PATH": path}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
