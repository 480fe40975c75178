"""Stage uploads: multipart bodies, written to where the engine looks for the files of an internal stage."""

import os
import re
import uuid
from pathlib import Path, PurePosixPath
from typing import Protocol

from .engine import Engine, EngineError

# The engine runs every statement as its own root, whatever name the client logged in with.
ENGINE_USER = "root"
CHUNK = 1 << 20


class Source(Protocol):
    def read(self, size: int) -> bytes: ...


class Stages:
    def __init__(self, engine: Engine):
        self._engine = engine
        self._root = engine.data_path / "data" / "stage"
        self._known: set[str] = set()

    def folder(self, name: str) -> Path:
        """The folder of a stage; `~` is the user's own."""
        if name == "~":
            return self._root / "user" / ENGINE_USER
        if name not in self._known:
            self._known = {row[0] for row in self._engine.query("SELECT name FROM system.stages")}
        if name not in self._known:
            raise EngineError(2501, f"Unknown stage {name}")
        return self._root / "internal" / name

    def upload(self, name: str, relative_path: str, content_type: str, body: Source) -> list[str]:
        """Stores every part of a multipart body; answers the file names."""
        folder = self.folder(name) / relative_path.strip("/")
        files = []
        for file_name, part in parts(content_type, body):
            path = PurePosixPath(file_name)
            if path.is_absolute() or ".." in path.parts or not path.name:
                raise EngineError(1006, f"bad file name {file_name!r}")
            store(folder / path, part)
            files.append(file_name)
        return files


def store(target: Path, part) -> None:
    """Writes aside, then renames: an object store shows a file whole or not at all."""
    target.parent.mkdir(parents=True, exist_ok=True)
    aside = target.with_name(f".{target.name}.{uuid.uuid4().hex}")
    try:
        with aside.open("wb") as out:
            for chunk in part:
                out.write(chunk)
        os.replace(aside, target)
    finally:
        aside.unlink(missing_ok=True)


def parts(content_type: str, body: Source):
    """The (file name, chunks) of each part. The chunks of one part must be read before the next part is asked for."""
    boundary = re.search(r'boundary="?([^";]+)"?', content_type)
    if not boundary:
        raise EngineError(1006, "the body is not multipart")
    delimiter = b"\r\n--" + boundary[1].encode()
    stream = Delimited(body, b"\r\n")
    for _ in stream.until(delimiter):
        pass
    while stream.take(2) != b"--":
        headers = b"".join(stream.until(b"\r\n\r\n")).decode(errors="replace")
        name = re.search(r'filename="((?:[^"\\]|\\.)*)"', headers)
        if not name:
            raise EngineError(1006, "a part of the body has no file name")
        yield re.sub(r"\\(.)", r"\1", name[1]).replace("%22", '"'), stream.until(delimiter)


class Delimited:
    """Reads a stream up to delimiters without holding more than a chunk of it."""

    def __init__(self, body: Source, start: bytes):
        self._body = body
        self._buffer = start

    def _fill(self) -> None:
        more = self._body.read(CHUNK)
        if not more:
            raise EngineError(1006, "the body ended inside a part")
        self._buffer += more

    def take(self, size: int) -> bytes:
        while len(self._buffer) < size:
            self._fill()
        taken, self._buffer = self._buffer[:size], self._buffer[size:]
        return taken

    def until(self, delimiter: bytes):
        while (at := self._buffer.find(delimiter)) < 0:
            safe = len(self._buffer) - len(delimiter) + 1
            if safe > 0:
                yield self._buffer[:safe]
                self._buffer = self._buffer[safe:]
            self._fill()
        yield self._buffer[:at]
        self._buffer = self._buffer[at + len(delimiter) :]
