"""How many requests per second the contract answers when a note is read from PostgreSQL.

All contenders are served at once and asked in turns, one after the other, by `wrk` with 32
connections for three seconds; the machine has nothing else to do but the database. Every answer
must be a 2xx. Ratios are to FastAPI in the same round.
"""

import re
import shutil
import subprocess

import pytest

from tests.benchmarks.fixtures import Context, Measured
from tests.benchmarks.rounds import in_turns, record_ratios
from tests.contracts.running import Server
from tests.probes.contract import new_note

BASELINE = "fastapi"
CONNECTIONS = 32
SECONDS = 3
ROUNDS = 5


@pytest.mark.timeout(600)
@pytest.mark.skipif(shutil.which("wrk") is None, reason="needs wrk")
def test_one_note_is_read_over_and_over(
    served_contracts: dict[str, Server], measured: Measured, context: Context
) -> None:
    context(f"wrk -t1 -c{CONNECTIONS} -d{SECONDS}s, {ROUNDS} rounds in turns after a warm-up")
    notes = {contender: new_note(server.url) for contender, server in served_contracts.items()}
    for note in notes.values():
        requests_per_second(note, seconds=1)
    figures = in_turns(notes, ROUNDS, lambda name: requests_per_second(notes[name], SECONDS))
    record_ratios(measured, figures, baseline=BASELINE, unit="requests/s")


def requests_per_second(url: str, seconds: int) -> float:
    """Give what `wrk` measured; every answer was a 2xx."""
    command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "--timeout", "10s", url]
    report = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout
    assert "Non-2xx" not in report, report
    assert "Socket errors" not in report, report
    return float(re.findall(r"Requests/sec:\s+([\d.]+)", report)[0])
