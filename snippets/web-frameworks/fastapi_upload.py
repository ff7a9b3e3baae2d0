import os
import shutil
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import BinaryIO
from uuid import uuid4

from fastapi import FastAPI, HTTPException, UploadFile

UPLOADS = Path(os.environ["UPLOADS"])
MAX_BODY = 10 * 1024 * 1024  # the form around the file counts too
BEGINS = {b"%PDF-": "pdf", b"\x89PNG\r\n\x1a\n": "png", b"\xff\xd8\xff": "jpg"}

app = FastAPI()


def kind_of(file: BinaryIO) -> str:
    head = file.read(max(map(len, BEGINS)))
    file.seek(0)
    for begin, kind in BEGINS.items():
        if head.startswith(begin):
            return kind
    raise HTTPException(415, "PDF, PNG or JPEG, please")


def store(file: BinaryIO, name: str) -> None:
    with NamedTemporaryFile(dir=UPLOADS, delete_on_close=False) as part:  # gone at the end
        shutil.copyfileobj(file, part)
        part.close()
        Path(part.name).rename(UPLOADS / name)  # whole, or not there at all


@app.post(
    "/documents",
    status_code=201,
    max_body_size=MAX_BODY,  # counted while the body is read
    form_limits={"max_files": 1, "max_fields": 0},
)
def upload(file: UploadFile) -> dict[str, str]:  # a plain function: copying blocks a thread
    kind = kind_of(file.file)
    name = f"{uuid4().hex}.{kind}"
    store(file.file, name)
    return {"name": name}
