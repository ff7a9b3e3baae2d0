"""An upload is stored whole under a name of ours, or refused with nothing left behind."""

import asyncio
import resource
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from fastapi import Depends, FastAPI, HTTPException, UploadFile
from fastapi.testclient import TestClient

MIB = 2**20
HEAD = b'--cut\r\nContent-Disposition: form-data; name="file"; filename="a.pdf"\r\n\r\n'
TAIL = b"\r\n--cut--\r\n"
PDF = b"%PDF-1.7\n"
PNG = b"\x89PNG\r\n\x1a\n"
JPEG = b"\xff\xd8\xff"


@pytest.fixture(autouse=True)
def uploads(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    folder = tmp_path / "uploads"
    folder.mkdir()
    monkeypatch.setenv("UPLOADS", str(folder))
    return folder


@pytest.fixture
def client(snippet: ModuleType) -> Iterator[TestClient]:
    with TestClient(snippet.app, raise_server_exceptions=False) as client:
        yield client


def stored(uploads: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in uploads.iterdir()}


class Sender:
    """A client that sends a form in pieces and notes how many of them were taken."""

    def __init__(self, pieces: Sequence[bytes], headers: dict[str, str] | None = None) -> None:
        self.pieces = pieces
        self.headers = {"content-type": "multipart/form-data; boundary=cut", **(headers or {})}
        self.taken = 0
        self.answer: list[dict[str, Any]] = []

    async def receive(self) -> dict[str, Any]:
        piece = self.pieces[self.taken]
        self.taken += 1
        more = self.taken < len(self.pieces)
        return {"type": "http.request", "body": piece, "more_body": more}

    async def send(self, message: Any) -> None:
        self.answer.append(message)

    def status(self, app: FastAPI) -> int:
        scope = {
            "type": "http",
            "method": "POST",
            "path": "/documents",
            "query_string": b"",
            "headers": [(name.encode(), value.encode()) for name, value in self.headers.items()],
        }
        asyncio.run(app(scope, self.receive, self.send))
        return int(self.answer[0]["status"])


def pieces(number: int) -> list[bytes]:
    """Give a form of that many pieces of a MiB, which say that they are a PDF."""
    return [HEAD + PDF, *[bytes(MIB)] * number, TAIL]


@pytest.mark.parametrize(
    ("content", "suffix"),
    [
        pytest.param(PDF, ".pdf", id="pdf"),
        pytest.param(PNG, ".png", id="png"),
        pytest.param(JPEG, ".jpg", id="jpeg"),
        pytest.param(PNG + bytes(3 * MIB) + b"end", ".png", id="larger-than-memory-may-hold"),
    ],
)
def test_upload_is_stored_whole_under_a_name_of_ours(
    client: TestClient, uploads: Path, content: bytes, suffix: str
) -> None:
    file = ("../../app/main.py", content, "text/html")
    names = set()
    for _ in range(2):
        answer = client.post("/documents", files={"file": file})
        assert answer.status_code == 201
        names.add(answer.json()["name"])
    assert stored(uploads) == dict.fromkeys(names, content)
    assert len(names) == 2
    assert {path.stat().st_mode & 0o777 for path in uploads.iterdir()} == {0o600}
    for name in names:
        path = Path(name)
        assert path.suffix == suffix
        assert len(path.stem) == 32


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"<script>alert(1)</script>", id="html"),
        pytest.param(b"\n%PDF-1.7", id="later"),
        pytest.param(PNG[:-1], id="cut"),
        pytest.param(b"", id="empty"),
    ],
)
def test_content_of_another_kind_is_refused_whatever_the_client_calls_it(
    client: TestClient, uploads: Path, content: bytes
) -> None:
    file = ("offer.pdf", content, "application/pdf")
    refused = client.post("/documents", files={"file": file})
    assert (refused.status_code, refused.json()["detail"]) == (415, "PDF, PNG or JPEG, please")
    assert stored(uploads) == {}


def test_body_of_exactly_the_limit_is_taken(snippet: ModuleType, uploads: Path) -> None:
    assert snippet.MAX_BODY == 10 * MIB
    form = [HEAD + PDF, *[bytes(MIB)] * 9, bytes(MIB - len(HEAD + PDF + TAIL)), TAIL]
    assert Sender(form).status(snippet.app) == 201
    (content,) = stored(uploads).values()
    assert len(content) == 10 * MIB - len(HEAD + TAIL)
    form.insert(1, b"\0")
    assert Sender(form).status(snippet.app) == 413
    assert len(stored(uploads)) == 1


@pytest.mark.parametrize("length", [None, "20"], ids=["no-length", "lying-length"])
def test_reading_ends_at_the_limit(snippet: ModuleType, uploads: Path, length: str | None) -> None:
    sender = Sender(pieces(50), {} if length is None else {"content-length": length})
    assert sender.status(snippet.app) == 413
    assert sender.taken == 11
    assert stored(uploads) == {}


def test_announced_length_is_refused_before_anything_is_read(snippet: ModuleType) -> None:
    sender = Sender(pieces(50), {"content-length": str(50 * MIB)})
    assert (sender.status(snippet.app), sender.taken) == (413, 0)


@pytest.mark.parametrize(
    ("size", "limit"),
    [
        pytest.param(MIB // 2, MIB // 4, id="while-copying"),
        pytest.param(2000, 1000, id="at-the-close"),
    ],
)
def test_full_disk_leaves_nothing_behind(
    client: TestClient, uploads: Path, size: int, limit: int
) -> None:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, before[1]))  # no file grows further
    try:
        answer = client.post("/documents", files={"file": ("a.pdf", PDF + bytes(size))})
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert answer.status_code == 500
    assert stored(uploads) == {}


def test_parts_are_written_beside_the_whole_files(
    client: TestClient, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Renaming from another file system would fail."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "missing"))
    assert client.post("/documents", files={"file": ("a.pdf", PDF)}).status_code == 201


def test_second_file_and_text_fields_are_refused(client: TestClient, uploads: Path) -> None:
    file = ("file", ("a.pdf", PDF))
    twice = client.post("/documents", files=[file, file])
    assert (twice.status_code, twice.json()["detail"]) == (
        400,
        "Too many files. Maximum number of files is 1.",
    )
    besides = client.post("/documents", files=[file], data={"note": "x"})
    assert besides.status_code == 400
    assert stored(uploads) == {}


def test_first_bytes_say_nothing_of_the_rest(client: TestClient) -> None:
    script = PDF + b"<script>alert(1)</script>"
    assert client.post("/documents", files={"file": ("a.pdf", script)}).status_code == 201


def test_without_a_limit_all_is_read_before_a_login_is_asked_for() -> None:
    def refuse() -> None:
        raise HTTPException(401)

    app = FastAPI()

    @app.post("/documents", dependencies=[Depends(refuse)])
    def take(file: UploadFile) -> None:
        pytest.fail("refused callers get here")

    sender = Sender(pieces(20))
    assert sender.status(app) == 401
    assert sender.taken == 22


@pytest.mark.parametrize(("size", "on_disk"), [(MIB, False), (MIB + 1, True)])
def test_form_is_spooled_to_disk_above_a_mebibyte(size: int, *, on_disk: bool) -> None:
    app = FastAPI()

    @app.post("/documents")
    def take(file: UploadFile) -> bool:
        return bool(file.file._rolled)  # type: ignore[attr-defined]

    with TestClient(app) as client:
        answer = client.post("/documents", files={"file": ("a.pdf", bytes(size))})
    assert answer.json() is on_disk
