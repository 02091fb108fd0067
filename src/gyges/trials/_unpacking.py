"""What a log may unpack to: a small file that unfolds into a vast one is refused before it is read.

A log is a zip of JSON. What counts is what its members hold once unpacked, found by unpacking them as far as
they say they go, and how many values that is: an empty list takes three bytes of text and sixty of memory.
"""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import BinaryIO, Final

import zstandard

from gyges.reaching import is_local, open_fs

MOST_BYTES: Final = 64_000_000
"""What a member may unpack to; the trials of this project take thousandths of it."""

MOST_VALUES: Final = 3_000_000
"""Lists, objects and commas that a member may hold."""

_MOST_TIMES: Final = 100
"""How many times its own size a log may unpack to, beyond what one member may; JSON packs to a tenth."""

ZSTANDARD: Final = 93
"""The zip format's number for the compression that Inspect uses where Python has none of it."""

_HEADER: Final = struct.Struct("<26x2H")
_SAMPLES: Final = "samples/"


class UnpackingError(ValueError):
    """A member of a log is not what it says, or too large."""


def check_unpacking(log: str, *, samples: bool) -> None:
    """Make sure that a log of this machine unpacks to something that can be read; others are passed over.

    Args:
        log: Path or URL of the log.
        samples: Whether its samples are checked too, or what lists them alone.

    Raises:
        UnpackingError: A member is larger than it says, or too large.
        OSError: It cannot be read, or is no zip.
        zipfile.BadZipFile: Likewise.
    """
    if not is_local(log):
        return
    path = open_fs(log)[1]
    found = Path(path).stat()
    _check_file(path, found.st_size, found.st_mtime_ns, samples=samples)


@lru_cache(maxsize=4096)
def _check_file(path: str, size: int, changed: int, *, samples: bool) -> None:  # noqa: ARG001 - it may change
    with Path(path).open("rb") as file, zipfile.ZipFile(file) as archive:
        members = archive.infolist()
        if sum(each.file_size for each in members) > bound_unpacked(size):
            raise UnpackingError(f"{size} bytes say that they hold far more")
        starts = sorted((each.header_offset, each.compress_size) for each in members)
        for (start, packed), (following, _) in pairwise(starts):
            if start + packed > following:
                raise UnpackingError("members lie in one another")
        for member in members:
            if samples or not member.filename.startswith(_SAMPLES):
                _check_member(file, member)


def bound_unpacked(size: int) -> int:
    """Bound the bytes that all members of a log of some size may unpack to."""
    return MOST_BYTES + _MOST_TIMES * size


def _check_member(file: BinaryIO, member: zipfile.ZipInfo) -> None:
    if member.file_size > MOST_BYTES:
        raise UnpackingError(f"{member.filename!r:.80} unpacks to {member.file_size} bytes")
    file.seek(member.header_offset)
    header = file.read(_HEADER.size)
    if len(header) < _HEADER.size:
        raise UnpackingError(f"{member.filename!r:.80} is not there")
    file.seek(sum(_HEADER.unpack(header)), io.SEEK_CUR)
    content = unpack(file.read(member.compress_size), member.compress_type, member.file_size)
    if content is None or len(content) != member.file_size:
        raise UnpackingError(f"{member.filename!r:.80} does not unpack to what it says")
    if count_values(content) > MOST_VALUES:
        raise UnpackingError(f"{member.filename!r:.80} holds more than {MOST_VALUES:,} values")


def count_values(text: bytes) -> int:
    """Count what may be a value of a JSON text, quickly; commas in strings count too."""
    return text.count(b",") + text.count(b"[") + text.count(b"{")


def unpack(content: bytes, method: int, size: int) -> bytes | None:
    """Unpack a member, and never more than a byte beyond what it says it holds; none: it cannot be unpacked.

    Args:
        content: The member as it is packed.
        method: How, by the zip format's numbers.
        size: Bytes that it says it holds.
    """
    if size > MOST_BYTES:
        return None
    try:
        if method == zipfile.ZIP_STORED:
            return content
        if method == zipfile.ZIP_DEFLATED:
            return zlib.decompressobj(-zlib.MAX_WBITS).decompress(content, size + 1)
        if method == ZSTANDARD:
            reader = zstandard.ZstdDecompressor().stream_reader(io.BytesIO(content), read_across_frames=True)
            return bytes(reader.read(size + 1))
    except (zlib.error, zstandard.ZstdError, MemoryError):
        return None
    return None
