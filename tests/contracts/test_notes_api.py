"""The `notes-api` contract: what every implementation does, seen over HTTP."""

import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier
from typing import Any

import httpx2
import pytest

from tests.contracts.running import Server

JSON_TYPES = ("application/json", "application/problem+json")
INVALID = (400, 422)
MISSING_ID = 10**10  # fits the 64 bits of an id, but not 32
WRONG_NOTES = [
    pytest.param({}, "title", id="title-missing"),
    pytest.param({"title": ""}, "title", id="title-empty"),
    pytest.param({"title": " \t\n"}, "title", id="title-blank"),
    pytest.param({"title": "x" * 81}, "title", id="title-too-long"),
    pytest.param({"title": 5}, "title", id="title-a-number"),
    pytest.param({"title": None}, "title", id="title-null"),
    pytest.param({"title": "Groceries", "body": "x" * 1001}, "body", id="body-too-long"),
    pytest.param({"title": "Groceries", "body": ["x"]}, "body", id="body-a-list"),
]
WRONG_DOCUMENTS = [
    pytest.param(b'{"title": "Gro', id="cut-short"),
    pytest.param(b"[1, 2]", id="not-an-object"),
    pytest.param(b"", id="empty"),
    pytest.param(b'{"title": "\xff"}', id="not-utf-8"),
]
JSON_HEADERS = {"Content-Type": "application/json"}


def unique(title: str = "Groceries") -> str:
    """Give a title that no other note has."""
    return f"{title} {uuid.uuid4().hex}"


def create(client: httpx2.Client, **fields: str) -> dict[str, Any]:
    """Create a note and give it as the API answered it."""
    response = client.post("/notes", json={"title": unique(), **fields})
    assert response.status_code == 201, response.text
    return document(response)


def document(response: httpx2.Response) -> dict[str, Any]:
    """Give the JSON object of a response, which must say that it is one."""
    content_type = response.headers["Content-Type"].partition(";")[0]
    assert content_type in JSON_TYPES, f"{content_type}: {response.text}"
    content = response.json()
    assert isinstance(content, dict)
    return content


def words(content: object) -> Iterator[object]:
    """Give every key and every scalar of a JSON document."""
    match content:
        case dict():
            yield from content
            for value in content.values():
                yield from words(value)
        case list():
            for item in content:
                yield from words(item)
        case scalar:
            yield scalar


def assert_invalid(response: httpx2.Response, field: str) -> None:
    """Check that the answer is a validation error that names the field."""
    assert response.status_code in INVALID, response.text
    assert field in words(document(response))


def test_created_note_is_answered_with_its_location(client: httpx2.Client) -> None:
    title = unique()
    response = client.post("/notes", json={"title": title, "body": "Milk, bread"})
    assert response.status_code == 201
    note = document(response)
    assert set(note) == {"id", "title", "body", "created_at"}
    assert (note["title"], note["body"]) == (title, "Milk, bread")
    assert isinstance(note["id"], int)
    assert response.headers["Location"] == f"/notes/{note['id']}"
    assert document(client.get(response.headers["Location"])) == note


def test_creation_time_has_an_offset_and_is_now(client: httpx2.Client) -> None:
    created_at = datetime.fromisoformat(create(client)["created_at"])
    assert created_at.utcoffset() is not None
    assert abs(datetime.now(UTC) - created_at) < timedelta(minutes=1)


def test_body_is_empty_unless_given(client: httpx2.Client) -> None:
    assert create(client)["body"] == ""


@pytest.mark.parametrize("letter", ["x", "é", "🐍"], ids=["ascii", "accent", "emoji"])
def test_lengths_count_characters(client: httpx2.Client, letter: str) -> None:
    title = uuid.uuid4().hex + letter * 48
    note = create(client, title=title, body=letter * 1000)
    assert document(client.get(f"/notes/{note['id']}"))["title"] == title
    assert note["body"] == letter * 1000


@pytest.mark.parametrize(("note", "field"), WRONG_NOTES)
def test_wrong_note_is_not_created_and_its_field_named(
    client: httpx2.Client, note: dict[str, Any], field: str
) -> None:
    assert_invalid(client.post("/notes", json=note), field)


@pytest.mark.parametrize(("note", "field"), WRONG_NOTES)
def test_wrong_change_leaves_the_note_and_names_the_field(
    client: httpx2.Client, note: dict[str, Any], field: str
) -> None:
    before = create(client)
    assert_invalid(client.put(f"/notes/{before['id']}", json=note), field)
    assert document(client.get(f"/notes/{before['id']}")) == before


@pytest.mark.parametrize("content", WRONG_DOCUMENTS)
def test_malformed_document_is_refused(client: httpx2.Client, content: bytes) -> None:
    note = create(client)
    for response in (
        client.post("/notes", content=content, headers=JSON_HEADERS),
        client.put(f"/notes/{note['id']}", content=content, headers=JSON_HEADERS),
    ):
        assert response.status_code in INVALID
        document(response)


@pytest.mark.usefixtures("no_notes")
def test_pages_are_in_order_and_know_the_total(client: httpx2.Client) -> None:
    ids = [create(client)["id"] for _ in range(7)]
    pages = [
        document(client.get("/notes", params={"limit": 3, "offset": offset}))
        for offset in (0, 3, 6, 9)
    ]
    assert [[note["id"] for note in page["items"]] for page in pages] == [
        ids[:3],
        ids[3:6],
        ids[6:],
        [],
    ]
    assert [page["total"] for page in pages] == [7, 7, 7, 7]


@pytest.mark.usefixtures("no_notes")
def test_order_and_total_survive_changes(client: httpx2.Client) -> None:
    first, second, third = (create(client) for _ in range(3))
    # An update moves the row in PostgreSQL's heap: a list without ORDER BY shows it last.
    changed = client.put(f"/notes/{first['id']}", json={"title": unique("Changed")})
    client.delete(f"/notes/{second['id']}")
    assert document(client.get("/notes")) == {"items": [document(changed), third], "total": 2}


@pytest.mark.usefixtures("no_notes")
def test_page_has_twenty_notes_unless_asked(client: httpx2.Client) -> None:
    for _ in range(21):
        create(client)
    assert len(document(client.get("/notes"))["items"]) == 20
    assert len(document(client.get("/notes?limit=100"))["items"]) == 21


@pytest.mark.parametrize("query", ["limit=0", "limit=101", "limit=x", "offset=-1", "offset=x"])
def test_wrong_page_names_the_parameter(client: httpx2.Client, query: str) -> None:
    assert_invalid(client.get(f"/notes?{query}"), query.partition("=")[0])


def test_change_keeps_id_and_creation_time(client: httpx2.Client) -> None:
    before = create(client, body="Milk")
    title = unique("Changed")
    response = client.put(f"/notes/{before['id']}", json={"title": title, "body": "Bread"})
    assert response.status_code == 200
    assert document(response) == {**before, "title": title, "body": "Bread"}
    assert document(client.get(f"/notes/{before['id']}")) == document(response)


def test_own_title_is_no_conflict(client: httpx2.Client) -> None:
    note = create(client)
    change = {"title": note["title"], "body": "Bread"}
    response = client.put(f"/notes/{note['id']}", json=change)
    assert response.status_code == 200
    assert document(response)["body"] == "Bread"


def test_taken_title_is_a_conflict(client: httpx2.Client) -> None:
    taken, other = create(client), create(client)
    title = {"title": taken["title"]}
    for response in (
        client.post("/notes", json=title),
        client.put(f"/notes/{other['id']}", json=title),
    ):
        assert response.status_code == 409
        document(response)
    assert document(client.get(f"/notes/{other['id']}")) == other


def test_one_of_ten_simultaneous_notes_of_a_title_wins(client: httpx2.Client) -> None:
    start = Barrier(10)

    def post(title: str) -> httpx2.Response:
        start.wait()
        return client.post("/notes", json={"title": title})

    with ThreadPoolExecutor(10) as threads:
        for _ in range(5):
            responses = list(threads.map(post, [unique()] * 10))
            assert sorted(response.status_code for response in responses) == [201, *[409] * 9]
            for response in responses:
                document(response)


def test_deleted_note_is_gone(client: httpx2.Client) -> None:
    note = create(client)
    response = client.delete(f"/notes/{note['id']}")
    assert (response.status_code, response.content) == (204, b"")
    assert client.get(f"/notes/{note['id']}").status_code == 404
    assert client.delete(f"/notes/{note['id']}").status_code == 404
    create(client, title=note["title"])


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_unknown_note_is_not_found(client: httpx2.Client, method: str) -> None:
    note = {"title": unique()} if method == "PUT" else None
    response = client.request(method, f"/notes/{MISSING_ID}", json=note)
    assert response.status_code == 404
    document(response)


@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_id_that_is_no_number_is_refused(client: httpx2.Client, method: str) -> None:
    response = client.request(method, "/notes/first")
    assert response.status_code in {404, *INVALID}
    document(response)


@pytest.mark.parametrize("path", ["/", "/unknown", "/notes/1/unknown"])
def test_unknown_path_is_not_found(client: httpx2.Client, path: str) -> None:
    response = client.get(path)
    assert response.status_code == 404
    document(response)


@pytest.mark.parametrize(
    ("method", "path", "present"),
    [("PATCH", "/notes", "GET"), ("POST", "/notes/1", "GET"), ("POST", "/slow", "GET")],
    ids=["notes", "note", "slow"],
)
def test_method_that_a_path_lacks_is_not_allowed(
    client: httpx2.Client, method: str, path: str, present: str
) -> None:
    response = client.request(method, path)
    assert response.status_code == 405
    document(response)
    allowed = [word.strip() for word in response.headers["Allow"].split(",")]
    assert present in allowed
    assert method not in allowed


def test_slow_answer_waits_without_work(client: httpx2.Client, server: Server) -> None:
    work, start = cpu_seconds(server), time.monotonic()
    response = client.get("/slow?ms=1000")
    waited = time.monotonic() - start
    assert response.status_code == 200
    assert document(response) == {"waited_ms": 1000}
    assert waited >= 1
    assert cpu_seconds(server) - work < 0.2


def cpu_seconds(server: Server) -> float:
    """Give the processor time that the server's processes have used since they started."""
    return sum(sum(process.cpu_times()[:2]) for process in server.processes())


@pytest.mark.parametrize("ms", ["0", "1001", "x"])
def test_wrong_wait_names_the_parameter(client: httpx2.Client, ms: str) -> None:
    assert_invalid(client.get(f"/slow?ms={ms}"), "ms")


def test_first_line_arrives_before_the_last_is_sent(client: httpx2.Client) -> None:
    arrivals, lines = [], []
    with client.stream("GET", "/stream?lines=21") as response:
        assert response.status_code == 200
        assert response.headers["Content-Type"].partition(";")[0] == "application/x-ndjson"
        for line in response.iter_lines():
            arrivals.append(time.monotonic())
            lines.append(line)
    assert [line.replace(" ", "") for line in lines] == [f'{{"line":{n}}}' for n in range(1, 22)]
    # Twenty pauses of 50 ms lie between the ends; an answer held back until it is whole shows none.
    # Half of the second is left for a client that is late to read its first line.
    assert arrivals[-1] - arrivals[0] > 0.5


@pytest.mark.parametrize("lines", ["0", "101", "x"])
def test_wrong_number_of_lines_names_the_parameter(client: httpx2.Client, lines: str) -> None:
    assert_invalid(client.get(f"/stream?lines={lines}"), "lines")
