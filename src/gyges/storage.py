"""Folders on a local path or any fsspec URL: named, reached, tried and written."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from gyges.errors import RunError


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


def name_folder(url: str) -> str:
    """Give a folder's path or URL without a slash at its end.

    Raises:
        RunError: It is empty.
    """
    name = str(url).strip()
    if not name:
        raise RunError("the run folder's name is empty; name a folder.")
    return name.rstrip("/") or "/"


@contextmanager
def at_the_door(name: str) -> Iterator[None]:
    """Say in one sentence what keeps a folder from being reached, whatever its storage raises."""
    try:
        yield
    except RunError:
        raise
    except OSError as problem:
        raise RunError(f"{name}: cannot be written or read ({problem.strerror or problem}).") from None
    # Each storage has its own library, and each library its own errors.
    except Exception as problem:  # noqa: BLE001
        cause = (str(problem).splitlines() or [type(problem).__name__])[0][:200].rstrip(".")
        raise RunError(f"{name}: cannot be reached ({cause}).") from None


def replace_file(target: Path, content: bytes) -> None:
    """Write a file whole or not at all."""
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        with draft.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(target)
    finally:
        draft.unlink(missing_ok=True)


def open_fs(url: str) -> tuple[Any, str]:
    """Give the file system of a path or URL, and the path in it.

    Raises:
        RunError: There is no such storage, or its package is missing.
    """
    import fsspec

    opener: Callable[[str], tuple[Any, str]] = fsspec.core.url_to_fs
    try:
        return opener(url)
    except (ValueError, ImportError) as problem:
        raise RunError(f"{url}: cannot be reached ({str(problem).splitlines()[0]}).") from None
