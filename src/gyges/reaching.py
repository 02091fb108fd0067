"""How a storage is reached: opened by its URL, and asked again where it failed for the moment.

What fails for the moment - a server that is busy, a connection that is cut - is tried again with growing and
random waits, by the storage's own client first, and then here.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from gyges.errors import RunError

T = TypeVar("T")

_PATIENCE_S = 30.0
"""How long something that a storage failed at is tried again, on top of what the storage's client does."""

_PASSING = frozenset(
    {
        errno.EBUSY, errno.EAGAIN, errno.EIO, getattr(errno, "EREMOTEIO", errno.EIO), errno.ENETDOWN,
        errno.ENETUNREACH, errno.ENETRESET, errno.EHOSTUNREACH, errno.EPIPE, errno.ETIMEDOUT,
    }
)  # fmt: skip
"""System errors that may be gone a moment later, on another machine's disk."""

_PASSING_NAMES = frozenset(
    {
        "ConnectionError", "HTTPClientError", "ResponseParserError", "ResponseStreamingError",
        "IncompleteReadError",
        "ClientConnectionError", "ClientPayloadError", "ChunkedEncodingError", "IncompleteRead",
        "ProtocolError", "ServiceRequestError", "ServiceResponseError",
    }
)  # fmt: skip
"""Likewise, classes of the storages' libraries, by name so that none of them has to be installed."""

_CLOSED = frozenset(
    {"PermissionError", "NoCredentialsError", "PartialCredentialsError", "CredentialRetrievalError"}
)
"""Classes of errors which say that a storage lets nobody in."""

_PASSING_STATUS = frozenset({408, 425, 429, 500, 502, 503, 504})


def open_fs(url: str) -> tuple[Any, str]:
    """Give the file system of a path or URL, and the path in it.

    Raises:
        RunError: There is no such storage, or its package is missing.
    """
    import fsspec

    bear_failures(url)
    options = {"use_listings_cache": False} if "://" in url else {}
    opener: Callable[..., tuple[Any, str]] = fsspec.core.url_to_fs
    try:
        return opener(url, **options)
    except (ValueError, ImportError) as problem:
        raise RunError(f"{url}: cannot be reached ({str(problem).splitlines()[0]}).") from None


def bear_failures(url: str) -> None:
    """Have the clients of S3 in this process, and in those it begins, try again what fails for the moment.

    Inspect and Scout open a storage themselves, so this goes by the variables which every client heeds; what
    somebody set stays as it is.
    """
    if url.startswith(("s3:", "s3a:")):
        os.environ.setdefault("AWS_RETRY_MODE", "standard")
        os.environ.setdefault("AWS_MAX_ATTEMPTS", "3")


def is_local(url: str) -> bool:
    """Say whether a path or URL names a place in this machine's file system."""
    return "://" not in url or url.startswith(("file:", "local:"))


def persist(url: str, do: Callable[[], T]) -> T:
    """Do something with a storage, again for as long as it may be failing for the moment.

    Args:
        url: The path or URL it is about; of a local one nothing is done twice.
        do: Does it; doing it twice must be as good as doing it once.

    Raises:
        RunError: The storage kept failing, or does not let anybody in; anything else comes as it is.
    """
    if is_local(url):
        return do()
    from tenacity import Retrying, retry_if_exception, stop_after_delay, wait_random_exponential

    trying = Retrying(
        retry=retry_if_exception(may_pass),
        wait=wait_random_exponential(multiplier=0.2, max=5.0),
        stop=stop_after_delay(_PATIENCE_S),
        reraise=True,
    )
    try:
        return trying(do)
    except Exception as problem:
        if may_pass(problem) or _CLOSED & _kinds(problem):
            said = (str(problem).splitlines() or [type(problem).__name__])[0][:200].rstrip(".")
            raise RunError(f"{url}: cannot be reached ({said}).") from problem
        raise


def file_exists(url: str) -> bool:
    """Say whether there is a file or folder; an error is never taken for absence."""
    fs, path = open_fs(url)
    try:
        persist(url, lambda: fs.info(path))
    except (FileNotFoundError, NotADirectoryError):
        return False
    return True


def read_file(url: str) -> bytes:
    """Read a file whole.

    Raises:
        FileNotFoundError: There is none.
    """
    fs, path = open_fs(url)
    return persist(url, lambda: bytes(fs.cat_file(path)))


def list_folder(url: str) -> list[str]:
    """List what is in a folder, by paths in its storage; nothing, if it is not there."""
    fs, path = open_fs(url)
    try:
        return sorted(persist(url, lambda: fs.ls(path, detail=False)))
    except (FileNotFoundError, NotADirectoryError):
        return []


def may_pass(problem: BaseException) -> bool:
    """Say whether a failure of a storage may be gone a moment later."""
    return any(_passes(each) for each in _list_causes(problem))


def _passes(problem: BaseException) -> bool:
    if isinstance(problem, ConnectionError | TimeoutError):
        return True
    if _PASSING_NAMES & _kinds(problem):
        return True
    if _read_status(problem) in _PASSING_STATUS:
        return True
    return isinstance(problem, OSError) and problem.errno in _PASSING


def _kinds(problem: BaseException) -> set[str]:
    return {kind.__name__ for kind in type(problem).__mro__}


def _read_status(problem: BaseException) -> int | None:
    """Read the HTTP status that an error of a storage's library carries, each in its own place."""
    response = getattr(problem, "response", None)
    if isinstance(response, dict):
        found = response.get("ResponseMetadata", {}).get("HTTPStatusCode")
    else:
        found = getattr(problem, "status_code", None) or getattr(problem, "code", None)
    try:
        return int(found)
    except (TypeError, ValueError):
        return None


def _list_causes(problem: BaseException) -> Iterator[BaseException]:
    yield problem
    if isinstance(problem, BaseExceptionGroup):
        for each in problem.exceptions:
            yield from _list_causes(each)
    if problem.__cause__ is not None:
        yield from _list_causes(problem.__cause__)
