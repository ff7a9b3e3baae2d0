import os

import httpx2
import redis
from celery import Celery

# The worker's environment needs REMAP_SIGTERM=SIGQUIT, or SIGTERM waits for tasks without limit.
# It must be there before Celery starts: set it in the unit or the manifest, not here.
app = Celery("shop", broker=os.environ["REDIS_URL"], backend=os.environ["REDIS_URL"])
app.conf.update(
    # After these seconds what still runs goes back to the queue. Less than the platform allows
    # (Kubernetes: terminationGracePeriodSeconds, 30 by default), after which it kills.
    worker_soft_shutdown_timeout=float(os.environ.get("SOFT_SHUTDOWN_SECONDS", "20")),
    worker_prefetch_multiplier=1,
)
progress = redis.Redis.from_url(os.environ["REDIS_URL"])


@app.task(name="shop.send_newsletter", acks_late=True, reject_on_worker_lost=True)
def send_newsletter(number: int, recipients: list[str]) -> int:
    key = f"newsletter:{number}:sent"
    sent = int(progress.get(key) or 0)  # a run that was cut short left it there
    for to in recipients[sent:]:
        url = f"{os.environ['MAIL_URL']}/newsletters/{number}/{to}"
        httpx2.put(url, timeout=10).raise_for_status()
        sent = progress.incr(key)
    progress.expire(key, 7 * 86400)
    return sent
