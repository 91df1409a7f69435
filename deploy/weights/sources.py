"""Where weights come from: the web (the catalogue's addresses, or a mirror of them) or a folder of files.

Knows neither what is expected nor where it goes.
"""

import re
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

import httpx

from deploy.weights.catalogue import Catalogue, Model, safe_path
from deploy.weights.errors import AbsentError, BrokenDownloadError

CHUNK_BYTES = 1 << 20
SILENCE_S = 30.0
_HASH = re.compile(r'"?([0-9a-f]{64})"?')
_COMMIT = re.compile(r"[0-9a-f]{40}")


@dataclass(frozen=True)
class Wanted:
    """One file; `have` bytes are here already, of the version that the source called `tag`.

    A caller that knows the hash says so by `is_known`: then any version may go on where another ended.
    """

    name: str
    model: Model
    path: str
    revision: str
    have: int = 0
    tag: str = ""
    is_known: bool = False


@dataclass(frozen=True)
class Opened:
    """`chunks` begin at byte `start`; `size` is of the whole file; empty where the source does not tell."""

    chunks: Iterator[bytes]
    start: int = 0
    size: int | None = None
    revision: str = ""
    tag: str = ""
    sha256: str | None = None


class Source(Protocol):
    """Raises AbsentError, or BrokenDownloadError when another try may help."""

    def open(self, wanted: Wanted) -> AbstractContextManager[Opened]: ...

    def describe(self, model: Model) -> str: ...


class WebSource:
    """A mirror has the same paths as the catalogue's addresses, below another start."""

    def __init__(self, catalogue: Catalogue, client: httpx.Client, mirror: str = "") -> None:
        self._catalogue = catalogue
        self._client = client
        self._mirror = mirror.rstrip("/")

    def describe(self, model: Model) -> str:
        return model.origin or model.repository

    @contextmanager
    def open(self, wanted: Wanted) -> Iterator[Opened]:
        address = self._address(wanted)
        try:
            with self._client.stream("GET", address, headers=_headers(wanted)) as response:
                if response.status_code != httpx.codes.REQUESTED_RANGE_NOT_SATISFIABLE:
                    yield _opened(response, wanted)
                    return
                if response.headers.get("Content-Range") == f"bytes */{wanted.have}":
                    yield _described(response, iter(()), start=wanted.have, size=wanted.have)
                    return
            with self._client.stream("GET", address, headers=PLAIN) as response:
                yield _opened(response, wanted)
        except httpx.TransportError as error:
            raise BrokenDownloadError(
                f"{address} broke off: {error or type(error).__name__}", AGAIN
            ) from error
        except (httpx.TooManyRedirects, httpx.InvalidURL) as error:
            raise AbsentError(
                f"{address} leads nowhere: {error}", "give another --mirror, or --from"
            ) from error

    def _address(self, wanted: Wanted) -> str:
        address = self._catalogue.address(wanted.model, wanted.path, wanted.revision)
        return f"{self._mirror}{urlsplit(address).path}" if self._mirror else address


PLAIN = {"Accept-Encoding": "identity"}
AGAIN = "run the command again: it goes on where it ended"


def web_client() -> httpx.Client:
    return httpx.Client(follow_redirects=True, max_redirects=5, timeout=SILENCE_S)


def _headers(wanted: Wanted) -> dict[str, str]:
    if not wanted.have or not (wanted.tag or wanted.is_known):
        return PLAIN
    condition = {"If-Range": wanted.tag} if wanted.tag and not wanted.is_known else {}
    return PLAIN | {"Range": f"bytes={wanted.have}-"} | condition


def _opened(response: httpx.Response, wanted: Wanted) -> Opened:
    _assert_served(response)
    chunks = response.iter_bytes()  # as it comes: what waits in a buffer is lost with the line
    return _described(response, chunks, start=_start(response, wanted), size=_size(response))


def _described(response: httpx.Response, chunks: Iterator[bytes], start: int, size: int | None) -> Opened:
    answers = [*response.history, response]
    return Opened(
        chunks,
        start,
        size,
        revision=_first(answers, "X-Repo-Commit", _COMMIT),
        tag=_strong_tag(response),
        sha256=_first(answers, "X-Linked-Etag", _HASH) or None,
    )


def _assert_served(response: httpx.Response) -> None:
    status, address = response.status_code, response.request.url
    if status in (200, 206):
        return
    if status in (408, 425, 429) or status >= 500:
        raise BrokenDownloadError(f"{address} answered {status}.", AGAIN)
    if status in (401, 403):
        raise AbsentError(
            f"{address} wants a login.",
            "download it by hand after logging in, then: viva models pull --from FOLDER",
        )
    raise AbsentError(
        f"{address} answered {status}.", "give another --mirror, or --from a folder that has it"
    )


def _start(response: httpx.Response, wanted: Wanted) -> int:
    if response.status_code == 200:
        return 0
    match = re.match(r"bytes (\d+)-", response.headers.get("Content-Range", ""))
    if not match or int(match[1]) != wanted.have:
        raise BrokenDownloadError(f"{response.request.url} sent another part than was asked for.", AGAIN)
    return wanted.have


def _size(response: httpx.Response) -> int | None:
    told = response.headers.get("Content-Range", "").rpartition("/")[2]
    if response.status_code == 200:
        told = response.headers.get("Content-Length", "")
    return int(told) if told.isdigit() else None


def _strong_tag(response: httpx.Response) -> str:
    tag = str(response.headers.get("ETag", ""))
    return "" if tag.startswith("W/") else tag


def _first(answers: list[httpx.Response], header: str, form: re.Pattern[str]) -> str:
    """What a hub says of a file it only points to stands on its own answer, before the redirect."""
    for answer in answers:
        if match := form.fullmatch(answer.headers.get(header, "")):
            return match[match.re.groups]
    return ""


class FolderSource:
    """Files that somebody carried here: laid out as a hub, as a models folder, by model name, or flat."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def describe(self, model: Model) -> str:
        return "a folder of files"

    @contextmanager
    def open(self, wanted: Wanted) -> Iterator[Opened]:
        path = self._find(wanted)
        try:
            with path.open("rb") as file:
                yield Opened(iter(lambda: file.read(CHUNK_BYTES), b""), size=path.stat().st_size)
        except OSError as error:
            if error.filename != str(path):
                raise
            raise AbsentError(f"{path} cannot be read: {error.strerror}", f"chmod +r {path}") from error

    def _find(self, wanted: Wanted) -> Path:
        model, path = wanted.model, safe_path(wanted.path)
        places = [f"{model.folder}/{path}", f"{wanted.name}/{path}", path]
        if model.repository:
            places[:0] = [f"{model.repository}/{path}", f"{model.repository.rpartition('/')[2]}/{path}"]
        if model.folder.count("/") or len(model.files) > 1:
            places.remove(path)  # a bare config.json may be any model's
        for place in places:
            if (self._folder / place).is_file():
                return self._folder / place
        raise AbsentError(
            f"{self._folder} holds no {places[0]}.", f"put it there as one of: {', '.join(places)}"
        )
