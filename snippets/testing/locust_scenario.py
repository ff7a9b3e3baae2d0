import os
from itertools import count, cycle

from locust import FastHttpUser, between, events, task
from locust.env import Environment

P95_LIMIT = float(os.environ.get("P95_LIMIT_MS", "300"))
THINKING = float(os.environ.get("THINKING_SECONDS", "2"))
PASSWORD = os.environ["LOADTEST_PASSWORD"]
accounts = count(1)
products = cycle(range(1, 1001))  # more than the service's cache holds


class Buyer(FastHttpUser):
    wait_time = between(0.5 * THINKING, 1.5 * THINKING)

    def on_start(self) -> None:
        login = {"name": f"loadtest-{next(accounts)}", "password": PASSWORD}
        answer = self.client.post("/login", json=login)
        answer.raise_for_status()  # nobody goes on without a token
        self.headers = {"Authorization": f"Bearer {answer.json()['token']}"}

    @task(4)
    def look(self) -> None:
        path = f"/products/{next(products)}"
        self.client.get(path, name="/products/[id]", headers=self.headers)

    @task
    def buy(self) -> None:
        order = {"product": 7, "quantity": 1}
        with self.client.post(
            "/orders", json=order, headers=self.headers, catch_response=True
        ) as answer:
            if answer.status_code == 409:
                answer.success()  # sold out is a right answer
            elif answer.status_code == 201 and "id" not in answer.json():
                answer.failure("an order without an id")


@events.quitting.add_listener
def judge(environment: Environment, **_: object) -> None:
    total = environment.stats.total
    p95 = total.get_response_time_percentile(0.95)
    print(f"p95 {p95} ms, limit {P95_LIMIT:g} ms, {total.num_requests} requests")
    if total.num_requests == 0 or p95 > P95_LIMIT:
        environment.process_exit_code = 1  # unset, it is 1 once any request has failed
