"""What one run of one test file left behind."""

from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict

ROOT = Path(__file__).resolve().parents[2]


class Record(BaseModel):
    """The run of a test file, as its own process wrote it down."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    passed: int
    failures: tuple[str, ...]
    """Test and reason of each failure or error."""
    skipped: tuple[str, ...]
    """The reasons of tests that were skipped."""
    imported: tuple[str, ...]
    """The top-level names of all modules that were imported."""
    properties: tuple[tuple[str, Any], ...]
    """What fixtures wrote down: outcomes, figures, services and the like, in order."""
    uncovered: dict[str, tuple[int, ...]]
    """Lines of the covered files that did not run, by path; only files with such lines."""

    @property
    def left_out(self) -> list[str]:
        """Why not everything was tried: the reasons of skipped tests, or that there is no test."""
        nothing = [] if self.passed else ["its test file holds no test"]
        return sorted(set(self.skipped)) or nothing

    @property
    def idle_lines(self) -> list[str]:
        """The lines that no test reached, a text for each file."""
        return [
            f"{path}: lines {', '.join(map(str, lines))} did not run"
            for path, lines in self.uncovered.items()
        ]

    def all_of(self, name: str) -> list[Any]:
        """The values of every property of that name."""
        return [value for key, value in self.properties if key == name]
