import os
import time
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from redis import Redis

store = Redis.from_url(os.environ["REDIS_URL"], socket_timeout=2)
# One script is one step for the server: nobody comes between the look and the write.
acquire = store.register_script("""
    if redis.call('EXISTS', KEYS[1]) == 1 then return 0 end
    local fence = redis.call('INCR', KEYS[2])
    redis.call('SET', KEYS[1], fence, 'PX', ARGV[1])
    return fence
""")
release = store.register_script("""
    if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
    return 0
""")
TABLE = "CREATE TABLE reports (name text PRIMARY KEY, content text, fence bigint NOT NULL)"


class LockedError(Exception):
    pass


class OvertakenError(Exception):
    pass


@contextmanager
def held(name: str, seconds: float = 30, patience: float = 10) -> Iterator[int]:
    lock = f"lock:{{{name}}}"  # braces: in a cluster both keys live on one node
    deadline = time.monotonic() + patience
    while not (fence := acquire([lock, f"fence:{{{name}}}"], [int(seconds * 1000)])):
        if time.monotonic() >= deadline:
            raise LockedError(name)
        time.sleep(0.1)
    try:
        yield int(fence)  # unique and rising: proof of who holds it, and of who held it last
    finally:
        release([lock], [fence])


def write_report(connection: psycopg.Connection, name: str, content: str, fence: int) -> None:
    written = connection.execute(
        "INSERT INTO reports (name, content, fence) VALUES (%s, %s, %s) ON CONFLICT (name) "
        "DO UPDATE SET content = excluded.content, fence = excluded.fence "
        "WHERE reports.fence <= excluded.fence",
        (name, content, fence),
    )
    if not written.rowcount:  # our lock expired, and another holder has written since
        raise OvertakenError(name)
