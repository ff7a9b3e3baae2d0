"""NGINX ends TLS, passes WebSocket and the client's address on to Uvicorn, and limits bodies."""

import os
import shutil
import socket
import ssl
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx2
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from websockets.sync.client import connect

from tests.services.running import free_port
from tests.snippets.processes import Process, ran, started, until

NGINX = shutil.which("nginx", path=f"{os.environ.get('PATH', os.defpath)}:/usr/sbin")
if NGINX is None:
    pytest.skip("no nginx on this machine: apt install nginx-light", allow_module_level=True)

HOST = "api.example.com"
APP = """
import asyncio
from starlette.applications import Starlette
from starlette.responses import JSONResponse, StreamingResponse
from starlette.routing import Route, WebSocketRoute

async def peer(request):
    return JSONResponse({"client": request.client.host, "url": str(request.url)})

async def large(request):
    return JSONResponse(["order"] * 500)

async def small(request):
    return JSONResponse(["order"])

async def upload(request):
    return JSONResponse(len(await request.body()))

go_on = asyncio.Event()

async def second(request):
    go_on.set()
    return JSONResponse("sent")

async def events(request):
    async def two():
        go_on.clear()
        yield "data: 1\\n\\n"
        await go_on.wait()
        yield "data: 2\\n\\n"
    held = {} if "held" in request.query_params else {"X-Accel-Buffering": "no"}
    return StreamingResponse(two(), media_type="text/event-stream", headers=held)

async def chat(socket):
    await socket.accept()
    await socket.send_text(f"{socket.url} {await socket.receive_text()}")
    await socket.close()

handlers = [peer, large, small, upload, second, events]
routes = [Route(f"/{f.__name__}", f, methods=["GET", "POST"]) for f in handlers]
app = Starlette(routes=[*routes, WebSocketRoute("/chat", chat)])
"""
MAIN = """
{user}
daemon off;
pid {folder}/pid;
error_log stderr notice;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/orders.conf;
}}
"""


@dataclass(frozen=True)
class Proxy:
    client: httpx2.Client
    http: int
    https: int
    trust: ssl.SSLContext


def certificate(folder: Path) -> None:
    """Write a certificate for the host, signed by itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, HOST)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(HOST)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    (folder / "fullchain.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    (folder / "privkey.pem").write_bytes(private)


def configured(text: str, folder: Path, app: int) -> tuple[int, int]:
    """Write the configuration for free ports of the loopback; give those of HTTP and HTTPS."""
    http, https = free_port(), free_port()
    certificate(folder)
    for old, new in {
        "127.0.0.1:8000": f"127.0.0.1:{app}",
        "listen 80 ": f"listen 127.0.0.1:{http} ",
        "listen 443 ": f"listen 127.0.0.1:{https} ",
        f"/etc/letsencrypt/live/{HOST}": str(folder),
    }.items():
        assert old in text
        text = text.replace(old, new)
    (folder / "orders.conf").write_text(text, encoding="utf-8")
    user = "user root;" if os.geteuid() == 0 else ""
    (folder / "nginx.conf").write_text(MAIN.format(folder=folder, user=user), encoding="utf-8")
    return http, https


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """Serve the application with Uvicorn and give its port."""
    folder = tmp_path_factory.mktemp("app")
    (folder / "shop.py").write_text(APP, encoding="utf-8")
    port = free_port()
    with started(["uvicorn", "shop:app", "--port", str(port)], folder) as process:
        process.says("Uvicorn running on")
        yield port


@contextmanager
def running(text: str, folder: Path, app: int) -> Iterator[Proxy]:
    """Run nginx with the configuration and give a client that knows its certificate."""
    http, https = configured(text, folder, app)
    trust = ssl.create_default_context(cafile=str(folder / "fullchain.pem"))
    with (
        started([str(NGINX), "-c", folder / "nginx.conf", "-p", folder], folder) as process,
        httpx2.Client(
            base_url=f"https://127.0.0.1:{https}",
            transport=httpx2.HTTPTransport(verify=trust, local_address="127.0.0.2"),
            headers={"Host": HOST},
            timeout=60,
        ) as client,
    ):
        process.says("start worker processes")
        assert isinstance(process, Process)
        yield Proxy(client, http, https, trust)


@pytest.fixture
def proxy(snippet_file: Path, tmp_path: Path, app: int) -> Iterator[Proxy]:
    with running(snippet_file.read_text("utf-8"), tmp_path, app) as proxy:
        yield proxy


OURS = {"sni_hostname": HOST}


def test_answer_comes_over_tls_and_knows_its_client(proxy: Proxy) -> None:
    claimed = {"X-Forwarded-For": "203.0.113.9", "X-Forwarded-Proto": "http"}
    answer = proxy.client.get("/peer", extensions=OURS, headers=claimed)
    assert answer.json() == {"client": "127.0.0.2", "url": f"https://{HOST}/peer"}


def test_other_names_get_no_answer(proxy: Proxy) -> None:
    with pytest.raises(httpx2.ConnectError, match=r"(?i)unrecognized.name"):
        proxy.client.get("/peer", extensions={"sni_hostname": "other.example.com"})


def test_plain_http_is_sent_to_https_whatever_its_host(proxy: Proxy) -> None:
    address = f"http://127.0.0.1:{proxy.http}/orders?page=2"
    answer = httpx2.post(address, headers={"Host": "evil.example"})
    assert answer.status_code == 308  # keeps the method, unlike 301
    assert answer.headers["Location"] == f"https://{HOST}/orders?page=2"


def test_old_tls_is_refused(proxy: Proxy) -> None:
    old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    old.check_hostname, old.verify_mode = False, ssl.CERT_NONE
    old.set_ciphers("DEFAULT@SECLEVEL=0")
    with pytest.warns(DeprecationWarning, match="TLSv1_1"):
        old.minimum_version = old.maximum_version = ssl.TLSVersion.TLSv1_1
    with (
        socket.create_connection(("127.0.0.1", proxy.https)) as plain,
        pytest.raises(ssl.SSLError, match=r"(?i)protocol.version"),
    ):
        old.wrap_socket(plain, server_hostname=HOST)


def test_json_is_compressed_and_short_answers_are_not(proxy: Proxy) -> None:
    large = proxy.client.get("/large", extensions=OURS, headers={"Accept-Encoding": "gzip"})
    assert large.headers["Content-Encoding"] == "gzip"
    assert large.headers["Vary"] == "Accept-Encoding"
    assert large.json() == ["order"] * 500
    small = proxy.client.get("/small", extensions=OURS, headers={"Accept-Encoding": "gzip"})
    assert "Content-Encoding" not in small.headers


def test_body_above_the_limit_is_413(proxy: Proxy) -> None:
    limit = 10 * 1024 * 1024
    fits = proxy.client.post("/upload", content=bytes(limit), extensions=OURS)
    assert fits.json() == limit
    assert (
        proxy.client.post("/upload", content=bytes(limit + 1), extensions=OURS).status_code == 413
    )


def test_websocket_passes(proxy: Proxy) -> None:
    plain = socket.create_connection(("127.0.0.1", proxy.https))
    address = f"wss://{HOST}/chat"
    with connect(address, ssl=proxy.trust, sock=plain, proxy=None) as chat:
        chat.send("hello")
        assert chat.recv() == f"{address} hello"


@pytest.mark.parametrize(("query", "held"), [("", False), ("?held", True)])
def test_events_are_held_unless_the_answer_says_no(proxy: Proxy, query: str, *, held: bool) -> None:
    arrived: list[str] = []

    def read() -> None:
        with proxy.client.stream("GET", f"/events{query}", extensions=OURS) as answer:
            arrived.extend(line for line in answer.iter_lines() if line)

    with ThreadPoolExecutor(1) as threads:
        reading = threads.submit(read)
        if held:
            time.sleep(1)  # there is nothing to wait for: nothing comes
            assert arrived == []
        else:
            until(lambda: arrived == ["data: 1"], 30)
        proxy.client.get("/second", extensions=OURS)
        reading.result()
    assert arrived == ["data: 1", "data: 2"]


def test_header_in_a_location_drops_all_that_were_set_above(
    snippet_file: Path, tmp_path: Path, app: int
) -> None:
    text = snippet_file.read_text("utf-8")
    more = text.replace("    location / {", "    location / {\n        proxy_set_header X-A b;")
    with running(more, tmp_path, app) as proxy:
        answer = proxy.client.get("/peer", extensions=OURS)
        assert answer.json() == {"client": "127.0.0.1", "url": "http://orders/peer"}


def test_without_the_map_websocket_is_refused(snippet_file: Path, tmp_path: Path, app: int) -> None:
    text = snippet_file.read_text("utf-8")
    line = "    proxy_set_header   Connection        $connection_upgrade;\n"
    assert line in text
    with running(text.replace(line, ""), tmp_path, app) as proxy:
        headers = {"Upgrade": "websocket", "Connection": "upgrade", "Sec-WebSocket-Version": "13"}
        headers["Sec-WebSocket-Key"] = "dGhlIHNhbXBsZSBub25jZQ=="
        assert proxy.client.get("/chat", extensions=OURS, headers=headers).status_code == 404


@pytest.mark.parametrize(
    ("good", "bad", "says"),
    [
        ("keepalive 32;", "keepalive 32", "unexpected"),
        ("client_max_body_size 10m", "client_max_body_size ten", "invalid value"),
        ("proxy_pass http://orders", "proxy_pass https//orders", "invalid URL prefix"),
        ("gzip_vary", "gzip_varies", "unknown directive"),
    ],
)
def test_fault_is_refused_before_a_reload(
    snippet_file: Path, tmp_path: Path, good: str, bad: str, says: str
) -> None:
    text = snippet_file.read_text("utf-8")
    check = [str(NGINX), "-t", "-c", str(tmp_path / "nginx.conf"), "-p", str(tmp_path)]
    configured(text, tmp_path, free_port())
    assert ran(check, tmp_path).returncode == 0
    assert good in text
    configured(text.replace(good, bad), tmp_path, free_port())
    refused = ran(check, tmp_path)
    assert refused.returncode == 1
    assert says in refused.stderr
