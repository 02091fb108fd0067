"""What is whole of a log that was cut off or damaged: its samples, one by one, in a log of their own.

Inspect writes a log as a zip: `_journal/start.json`, then one member a sample, and the directory that lists
them at the very end. A cut takes the directory first, so members are found here by the header that stands
before each of them, and count if their checksum holds and Inspect can read them.
"""

from __future__ import annotations

import io
import json
import re
import struct
import zipfile
import zlib
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from inspect_ai.log import EvalLog, EvalSample, EvalStats
from inspect_ai.model import ModelUsage

from gyges.trials._unpacking import MOST_BYTES, MOST_VALUES, bound_unpacked, count_values, unpack

_SIGNATURE = b"PK\x03\x04"
_DESCRIPTOR = b"PK\x07\x08"
_HEADER = struct.Struct("<4s5H3L2H")
_DESCRIPTORS_TRIED = 16
"""Of those that follow a member; one may stand by chance in what is packed."""
_ZIP64 = 0xFFFFFFFF

_START = "_journal/start.json"
_SAMPLES = "samples/"
_HEADERS = ("header.json", "summaries.json", "reductions.json")


class Recovered(NamedTuple):
    """What is whole of a log."""

    content: bytes
    """A log that Inspect reads."""
    n_samples: int


class _Member(NamedTuple):
    name: str
    content: bytes
    end: int


def recover_log(content: bytes) -> Recovered | None:
    """Make a whole log of what is whole of a damaged one; none: nothing of it is.

    Args:
        content: The damaged log, for instance without its end.
    """
    members = {each.name: each.content for each in _find_members(content)}
    start = _parse(members.get(_START, b""))
    samples = {
        name: sample
        for name, text in members.items()
        if name.startswith(_SAMPLES) and (sample := _read_sample(text)) is not None
    }
    if not start or not samples:
        return None
    header = _make_header(start, members.get("header.json", b""), list(samples.values()))
    if header is None:
        return None
    kept = {name: text for name, text in members.items() if name in samples or name.startswith("_journal/")}
    # The journal's own summaries may be of samples that are not there.
    kept = {name: text for name, text in kept.items() if not name.startswith("_journal/summaries/")}
    kept["summaries.json"] = json.dumps(
        [sample.summary().model_dump(mode="json", exclude_none=True) for sample in samples.values()]
    ).encode()
    kept["header.json"] = header
    return Recovered(_pack(kept), len(samples))


class _Room:
    """How much may still be unpacked of a log: a small file must not unfold into a vast one."""

    def __init__(self, content: bytes) -> None:
        self._left = bound_unpacked(len(content))

    def unpack(self, packed: bytes, method: int, size: int) -> bytes | None:
        """Unpack a member that says it holds `size` bytes; none: it does not, or there is no room for it."""
        if size > self._left:
            return None
        found = unpack(packed, method, size)
        self._left -= size
        return found if found is not None and len(found) == size else None


def _find_members(content: bytes) -> Iterator[_Member]:
    """Find the whole members of a zip in the order they were written, whatever is left of it."""
    room = _Room(content)
    descriptors = [each.start() for each in re.finditer(re.escape(_DESCRIPTOR), content)]
    position = content.find(_SIGNATURE)
    while position >= 0:
        member = _read_member(content, position, room, descriptors)
        if member and _is_wanted(member.name):
            yield member
        # After one that is not whole the next header may stand anywhere.
        position = content.find(_SIGNATURE, member.end if member else position + len(_SIGNATURE))


def _is_wanted(name: str) -> bool:
    return name.startswith((_SAMPLES, "_journal/")) or name == "header.json"


def _read_member(content: bytes, position: int, room: _Room, descriptors: Sequence[int]) -> _Member | None:
    if position + _HEADER.size > len(content):
        return None
    (_, _, flags, method, _, _, checksum, packed, unpacked, n_name, n_extra) = _HEADER.unpack_from(
        content, position
    )
    after_name = position + _HEADER.size + n_name
    begin = after_name + n_extra
    name = content[position + _HEADER.size : after_name].decode("utf-8", errors="replace")
    if flags & 0x08:
        return _read_open_ended(content, name, begin, method, room, descriptors)
    packed, unpacked = _read_sizes(content[after_name:begin], packed, unpacked)
    if begin + packed > len(content) or unpacked > MOST_BYTES:
        return None
    found = room.unpack(content[begin : begin + packed], method, unpacked)
    if found is None or zlib.crc32(found) != checksum:
        return None
    return _Member(name, found, begin + packed)


def _read_sizes(extra: bytes, packed: int, unpacked: int) -> tuple[int, int]:
    """Read sizes that need 64 bits, which stand in the header's extra field, the unpacked one first."""
    position = 0
    while position + 4 <= len(extra):
        kind, size = struct.unpack_from("<2H", extra, position)
        if kind == 1:
            wide = [number for (number,) in struct.iter_unpack("<Q", extra[position + 4 :][: size // 8 * 8])]
            if unpacked == _ZIP64 and wide:
                unpacked = wide.pop(0)
            if packed == _ZIP64 and wide:
                packed = wide.pop(0)
        position += 4 + size
    return packed, unpacked


def _read_open_ended(
    content: bytes, name: str, begin: int, method: int, room: _Room, descriptors: Sequence[int]
) -> _Member | None:
    """Read a member whose size and checksum stand after it, as where a zip is written to a stream."""
    first = bisect_left(descriptors, begin)
    for end in descriptors[first : first + _DESCRIPTORS_TRIED]:
        for width in ("<3L", "<L2Q"):
            size = struct.calcsize(width)
            if end + 4 + size > len(content):
                continue
            checksum, packed, unpacked = struct.unpack_from(width, content, end + 4)
            if packed != end - begin or unpacked > MOST_BYTES:
                continue
            found = room.unpack(content[begin:end], method, unpacked)
            if found is not None and zlib.crc32(found) == checksum:
                return _Member(name, found, end + 4 + size)
    return None


def _parse(text: bytes) -> dict[str, Any]:
    if count_values(text) > MOST_VALUES:
        return {}
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _read_sample(text: bytes) -> EvalSample | None:
    """Read a sample but for what happened in it, which is most of its text and nothing of its summary."""
    found = _parse(text)
    for unread in ("events", "events_data", "attachments", "timelines"):
        found.pop(unread, None)
    try:
        return EvalSample.model_validate(found)
    except ValueError:
        return None


def _make_header(start: dict[str, Any], header: bytes, samples: list[EvalSample]) -> bytes | None:
    """Give the log's header, if it came through, or make one from its beginning and its samples."""
    found = _parse(header) or {
        **start,
        "status": "cancelled",
        "stats": EvalStats(model_usage=_count_usage(samples)).model_dump(mode="json", exclude_none=True),
    }
    try:
        EvalLog.model_validate(found)
    except ValueError:
        return None
    return json.dumps(found).encode()


def _count_usage(samples: list[EvalSample]) -> dict[str, ModelUsage]:
    used: Counter[tuple[str, str]] = Counter()
    for sample in samples:
        for model, usage in sample.model_usage.items():
            for field in ("input_tokens", "output_tokens", "total_tokens"):
                used[model, field] += getattr(usage, field)
    models = {model for model, _ in used}
    return {
        model: ModelUsage(
            input_tokens=used[model, "input_tokens"],
            output_tokens=used[model, "output_tokens"],
            total_tokens=used[model, "total_tokens"],
        )
        for model in sorted(models)
    }


def _pack(members: dict[str, bytes]) -> bytes:
    """Pack members into a zip, the same bytes for the same members."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in members.items():
            archive.writestr(zipfile.ZipInfo(name), text, zipfile.ZIP_DEFLATED)
    return target.getvalue()
