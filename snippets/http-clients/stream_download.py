import hashlib
import os
import time
from pathlib import Path
from tempfile import NamedTemporaryFile

import httpx2


class DownloadError(Exception):
    pass


class CompressedError(DownloadError):
    pass


class TooLargeError(DownloadError):
    pass


class TooSlowError(DownloadError):
    pass


def download(
    client: httpx2.Client,
    url: str,
    target: Path,
    *,
    limit: int = 100 * 1024 * 1024,  # bytes
    seconds: float = 120.0,
) -> str:
    deadline = time.monotonic() + seconds
    digest, size = hashlib.sha256(), 0
    with (
        client.stream("GET", url, headers={"Accept-Encoding": "identity"}) as answer,
        NamedTemporaryFile(dir=target.parent, delete_on_close=False) as file,
    ):
        answer.raise_for_status()
        if "Content-Encoding" in answer.headers:  # a few kB may unpack to gigabytes
            raise CompressedError(url)
        if int(answer.headers.get("Content-Length", "0")) > limit:
            raise TooLargeError(url)
        for piece in answer.iter_raw():  # with a chunk size, a slow peer would hide in it
            size += len(piece)
            if size > limit:
                raise TooLargeError(url)
            if time.monotonic() > deadline:
                raise TooSlowError(url)
            digest.update(piece)
            file.write(piece)
        file.flush()
        os.fsync(file.fileno())
        Path(file.name).replace(target)  # only a whole file ever has this name
    return digest.hexdigest()
