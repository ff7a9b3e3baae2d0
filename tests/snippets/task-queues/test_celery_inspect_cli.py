"""A worker is asked, its queue paused and emptied: each command does what its comment says."""

import json
import os
import re
from pathlib import Path
from typing import Any

from celery import Celery

from tests.snippets.processes import started

WORKER = (
    "celery -A shop worker --queues mail,exports --hostname mail@%h --concurrency 2"
    " --prefetch-multiplier 1 --loglevel INFO --without-mingle"
)


def test_commands_do_what_they_say(shop: Path, snippet_file: Path, store: Any, kill: Any) -> None:
    script = snippet_file.read_text("utf-8")
    purge = "celery -A shop purge"
    assert script.count(purge) == 1
    # The script waits before it empties the queue, until there is something in it.
    slow = script.replace(purge, f"until [ -e waits ]; do sleep 0.02; done\n{purge}")
    with Celery(broker=os.environ["REDIS_URL"]) as app:
        app.send_task("shop.export", queue="exports")
        with started(WORKER.split(), shop) as worker, started(["bash", "-c", slow], shop) as run:
            run.says("no longer consuming from mail", 60)
            app.send_task("shop.send_mail", ["bob@example.com"], queue="mail")
            (shop / "waits").touch()
            assert run.process.wait(60) == 0
            app.send_task("shop.send_mail", ["eve@example.com"], queue="mail")
            worker.says("mail to eve@example.com")
            assert "bob@example.com" not in worker.said
            assert re.search(r"^mail to ada@example.com$", run.said, re.MULTILINE)
            assert "Purged 1 message from 1 known task queue." in run.said
            assert "add consumer mail" in run.said

            active, stats = [
                json.loads(line) for line in run.said.splitlines() if line.startswith("{")
            ]
            (node,) = active
            assert [task["name"] for task in active[node]] == ["shop.export"]
            assert stats[node]["pool"]["max-concurrency"] == 2
            assert stats[node]["prefetch_count"] == 2
            kill(worker)
