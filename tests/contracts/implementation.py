"""How each technology's implementation of the `notes-api` contract is installed and run."""

import sys
from dataclasses import dataclass
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[2]
DECLARATIONS = ROOT / "data" / "contracts" / "notes-api"
FOLDERS = ROOT / "snippets" / "contracts" / "notes-api"


@dataclass(frozen=True)
class Advice:
    """The page or file that says to serve the implementation this way, and what it says."""

    title: str
    url: str
    says: str


@dataclass(frozen=True)
class Implementation:
    """One technology's implementation: what a reader installs, and the commands that run it."""

    technology: str
    install: tuple[str, ...]
    prepare: tuple[str, ...]
    serve: tuple[str, ...]
    app: str
    interface: str
    server: str
    concurrency: str
    advice: Advice

    @property
    def folder(self) -> Path:
        """Give the folder of the code, in which both commands run."""
        return FOLDERS / self.technology

    def prepare_command(self) -> list[str]:
        """Give the command that makes the tables of an empty database."""
        return in_environment(self.prepare)

    def serve_command(self, port: int) -> list[str]:
        """Give the command that serves the API on a port of 127.0.0.1."""
        return in_environment(tuple(word.replace("{port}", str(port)) for word in self.serve))


def implementations() -> dict[str, Implementation]:
    """Give every declared implementation by the id of its technology, in alphabetical order."""
    return {path.stem: declared(path) for path in sorted(DECLARATIONS.glob("*.yml"))}


def declared(path: Path) -> Implementation:
    """Give what one file declares, or raise `ValueError` with the file and what is wrong in it."""
    fields = yaml.safe_load(path.read_text(encoding="utf-8"))
    try:
        return Implementation(
            technology=path.stem,
            install=tuple(fields.pop("install")),
            prepare=tuple(fields.pop("prepare")),
            serve=tuple(fields.pop("serve")),
            advice=Advice(**fields.pop("advice")),
            **fields,
        )
    except (KeyError, TypeError, AttributeError) as error:
        message = f"{path.relative_to(ROOT)}: {error}; compare it with a file beside it"
        raise ValueError(message) from error


def in_environment(command: tuple[str, ...]) -> list[str]:
    """Give the command with its program taken from the environment that runs the tests."""
    program, *arguments = command
    # Not resolved: the link in a virtual environment is what makes it that environment.
    python = Path(sys.executable)
    return [str(python if program == "python" else python.with_name(program)), *arguments]
