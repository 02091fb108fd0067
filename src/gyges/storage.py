"""Folders on a local path or any fsspec URL: named, reached, tried, read and written.

A file is written whole or not at all: on a local disk beside its place and then renamed, in an object store
by one put, elsewhere beside its place and then moved.
"""

from __future__ import annotations

import errno
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from uuid import uuid4

from gyges.errors import RunError
from gyges.reaching import file_exists, is_local, open_fs, persist, read_file

_SETTLE_S = 2.0
"""How long to wait before reading back what was written where nothing can be written on a condition."""

_STORES = frozenset({"s3", "s3a", "gs", "gcs", "az", "abfs", "abfss", "adl", "oss", "oci", "memory"})
"""Storages without folders, where a put is seen whole or not at all."""

_CONDITIONAL = frozenset({"s3", "s3a", "gs", "gcs"})
"""Storages of those that can be told to write only where nothing is."""

# A run folder may come from somebody else: a link in it must not have another file written to.
_APPEND = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW


def try_to_write(folder: Path) -> None:
    """Make a folder and a file in it, and leave nothing behind."""
    made = [each for each in (folder, *folder.parents) if not each.exists()]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / f".{os.getpid()}.part"
        probe.touch()
        probe.unlink()
    finally:
        for each in made:
            if each.is_dir():
                each.rmdir()


def append_line(target: Path, line: bytes) -> None:
    """Append a line to a file of this machine in one write, so that nobody ever sees two lines mixed.

    Raises:
        RunError: It cannot be written, or is a link.
    """
    with at_the_door(str(target), "written"):
        opened = os.open(target, _APPEND, 0o666)
        try:
            os.write(opened, line)
        finally:
            os.close(opened)


def name_folder(url: str) -> str:
    """Give a folder's path or URL without a slash at its end; a `file://` URL becomes the path it names.

    Raises:
        RunError: It is empty, or names another machine.
    """
    name = str(url).strip()
    host = name.removeprefix("file://").partition("/")[0]
    if name.startswith("file://") and host not in {"", "localhost"}:
        raise RunError(f"{name}: a file's URL has three slashes; for a folder of this one, name its path.")
    if name.startswith(("file:", "local:")):
        _, name = open_fs(name)
    if not name:
        raise RunError("the run folder's name is empty; name a folder.")
    return name.rstrip("/") or "/"


@contextmanager
def at_the_door(name: str, doing: str = "written or read") -> Iterator[None]:
    """Say in one sentence what keeps a folder or file from being reached, whatever its storage raises."""
    try:
        yield
    except RunError:
        raise
    except OSError as problem:
        raise RunError(f"{name}: cannot be {doing} ({_say(problem)}).") from None
    # Each storage has its own library, and each library its own errors.
    except Exception as problem:  # noqa: BLE001
        raise RunError(f"{name}: cannot be reached ({_say(problem)}).") from None


def _say(problem: BaseException) -> str:
    said = getattr(problem, "strerror", None) or str(problem)
    return (said.splitlines() or [type(problem).__name__])[0][:200].rstrip(".")


def write_file(url: str, content: bytes) -> None:
    """Write a file whole or not at all, over the one that may be there."""
    fs, path = open_fs(url)
    if is_local(url):
        replace_file(Path(path), content)
    elif _kind(fs) & _STORES:
        persist(url, lambda: fs.pipe_file(path, content))
    else:
        persist(url, lambda: _put_beside(fs, path, content))


def replace_file(target: Path, content: bytes) -> None:
    """Write a file of this machine whole or not at all."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with _drafting(target, content) as draft:
        draft.replace(target)


@contextmanager
def _drafting(target: Path, content: bytes) -> Iterator[Path]:
    """Write content beside its place, and leave nothing there."""
    draft = target.with_name(f".{target.name[:200]}.{os.getpid()}.part")
    try:
        with draft.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        yield draft
    finally:
        draft.unlink(missing_ok=True)


def _put_beside(fs: Any, path: str, content: bytes) -> None:
    folder, name = path.rsplit("/", 1)
    draft = f"{folder}/.{name}.{uuid4().hex[:8]}.part"
    fs.makedirs(folder, exist_ok=True)
    try:
        fs.pipe_file(draft, content)
        try:
            fs.mv(draft, path)
        except FileExistsError:
            # Some protocols rename only to a name that is free: then there is a moment without the file.
            fs.rm_file(path)
            fs.mv(draft, path)
    finally:
        with suppress(OSError):
            if fs.exists(draft):
                fs.rm_file(draft)


def create_file(url: str, content: bytes) -> bool:
    """Write a file whole where none is; of several that try at once, one succeeds.

    Args:
        url: Where.
        content: What nobody else would write there, so that it can be told from theirs.

    Returns:
        Whether it is this content that stands there now.
    """
    fs, path = open_fs(url)
    if is_local(url):
        return _create_here(Path(path), content)
    if not _put_where_none_is(fs, url, content):
        return _stands(url, content)
    if not _stands(url, content):
        return False
    # A store that does not know the condition does the same again without a word: then the last one counts.
    if not _kind(fs) & _CONDITIONAL or _put_where_none_is(fs, url, content):
        time.sleep(_SETTLE_S)
    return _stands(url, content)


def _create_here(target: Path, content: bytes) -> bool:
    target.parent.mkdir(parents=True, exist_ok=True)
    with _drafting(target, content) as draft:
        try:
            os.link(draft, target)
        except FileExistsError:
            return False
        except OSError as problem:
            if problem.errno not in {
                errno.EPERM,
                errno.ENOTSUP,
                errno.EOPNOTSUPP,
                errno.ENOSYS,
                errno.EMLINK,
            }:
                raise
            # A disk without hard links: here the name is taken first, and the content follows at once.
            try:
                with target.open("xb") as file:
                    file.write(content)
            except FileExistsError:
                return False
    return True


def _put_where_none_is(fs: Any, url: str, content: bytes) -> bool:
    """Put a file unless there is one; false: refused, perhaps because an earlier try came through."""
    path = open_fs(url)[1]
    if not _kind(fs) & _CONDITIONAL:
        if file_exists(url):
            return False
        write_file(url, content)
        return True
    try:
        persist(url, lambda: fs.pipe_file(path, content, mode="create"))
    except FileExistsError:
        return False
    except OSError:
        # Stores differ in how they say that the condition does not hold.
        if file_exists(url):
            return False
        raise
    return True


def _stands(url: str, content: bytes) -> bool:
    try:
        return read_file(url) == content
    except FileNotFoundError:
        return False


def remove_file(url: str) -> None:
    """Remove a file, if it is there."""
    fs, path = open_fs(url)
    with suppress(FileNotFoundError):
        persist(url, lambda: fs.rm_file(path))


def _kind(fs: Any) -> set[str]:
    return {fs.protocol} if isinstance(fs.protocol, str) else set(fs.protocol)
