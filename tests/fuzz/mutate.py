"""Good files spoiled: a few structure-aware changes drawn from a random source, for each format."""

from __future__ import annotations

import io
import json
import warnings
import zipfile
from collections.abc import Callable, Sequence
from random import Random
from typing import Any

import polars as pl
import yaml

from gyges.errors import GygesError
from gyges.records.reading import parse_yaml

Spoil = Callable[[Random, bytes], bytes]

DEEP = "⟦deep⟧"
"""Stands in a tree where very deep nesting goes in, which no dumper would write."""

_DEPTHS = (45, 900, 100_000)

NASTY: tuple[Any, ...] = (
    None,
    True,
    False,
    0,
    -1,
    2**31,
    2**63,
    -(2**63) - 1,
    10**40,
    1e308,
    5e-324,
    float("inf"),
    float("nan"),
    "",
    " ",
    "x" * 300_000,
    "\x00",
    "a\nb",
    "\u202egnp.exe\u2028",
    "\x1b[2J\x1b]0;title\x07",
    "../../../../etc/passwd",
    "/dev/zero",
    "C:\\con",
    "{{ 7 * 7 }}",
    "{{ ''.__class__.__mro__ }}",
    "{{ 'x' * 10**10 }}",
    "{% for i in range(10**9) %}{{ i }}{% endfor %}",
    "{{ unknown_name }}",
    "{{",
    "${HOME}",
    "<script>alert(1)</script>",
    "=cmd|' /C calc'!A0",
    "9" * 5000,
    "null",
    "0x7fffffff",
    "2026-02-31",
    "all",
    "none",
    [],
    {},
    [None],
    {"": None},
    [[[[[[[[1]]]]]]]],
    {"a": {"b": {"c": {}}}},
    ["x"] * 3000,
    [{}] * 50,
    DEEP,
)

_TEXT_ITEMS = (
    b"\t",
    b"\x00",
    b"\xff\xfe",
    b"\xc3\x28",
    b"\xed\xa0\x80",
    b"\xef\xbb\xbf",
    b"\r",
    b"\x85",
    b"\xe2\x80\xa8",
    b"&a [*a, *a]",
    b"*nothing",
    b"!!python/object/apply:os.system ['true']",
    b"!!binary aGVsbG8=",
    b"!!set {a, b}",
    b"!!timestamp 2026-13-45",
    b"!<tag:yaml.org,2002:python/name:os.system>",
    b"<<: {a: 1}",
    b"? [a, b]\n: c",
    b"\n---\n",
    b"\n...\n",
    b"%YAML 9.9\n---\n",
    b"'",
    b'"',
    b"|",
    b">-\n",
    b"{",
    b"]",
    b": ",
    b"- ",
    b"#",
    b".nan",
    b"-.inf",
    b"1e400",
    b"1:30:00",
    b"0o17",
    b"@",
    b"`",
    b",",
    b"9" * 6000,
    b"A" * 200_000,
)

BOMB = b'a: &a ["lol","lol","lol","lol","lol","lol","lol","lol","lol"]\n' + b"".join(
    b"%c: &%c [%s]\n" % (code, code, b",".join([b"*%c" % (code - 1)] * 9)) for code in range(98, 106)
)
"""Nine lists of nine aliases each: four hundred bytes that would be a billion words."""


def spoil_bytes(rng: Random, content: bytes) -> bytes:
    """Cut, flip, double, lose or put in bytes anywhere."""
    at = rng.randrange(len(content) + 1)
    span = rng.choice((1, 7, 64, 2000))
    ways: tuple[Callable[[], bytes], ...] = (
        lambda: content[:at],
        lambda: content[at:],
        lambda: content[:at] + content[at + span :],
        lambda: content[:at] + content[at : at + span] * 3 + content[at + span :],
        lambda: content[:at] + bytes(each ^ 0x41 for each in content[at : at + span]) + content[at + span :],
        lambda: content[:at] + b"\x00" * span + content[at + span :],
        lambda: content[:at] + rng.choice(_TEXT_ITEMS) + content[at:],
        lambda: b"",
        lambda: content + content,
        lambda: content[::-1],
    )
    return rng.choice(ways)()


def spoil_lines(rng: Random, content: bytes) -> bytes:
    """Change lines of a text: lose, double, swap, indent them, or put a field's value otherwise."""
    lines = content.split(b"\n")
    at, other = rng.randrange(len(lines)), rng.randrange(len(lines))
    line = lines[at]
    way = rng.randrange(8)
    if way == 0:
        del lines[at]
    elif way == 1:
        lines.insert(other, line)
    elif way == 2:
        lines[at], lines[other] = lines[other], line
    elif way == 3:
        lines[at] = b" " * rng.choice((1, 2, 5)) + line
    elif way == 4:
        lines[at] = line.lstrip()
    elif way == 5:
        lines[at] = line.split(b":")[0] + b": " + rng.choice(_TEXT_ITEMS)
    elif way == 6:
        lines.insert(at, rng.choice(_TEXT_ITEMS))
    else:
        lines.insert(at, BOMB)
    return b"\n".join(lines)


def change_tree(rng: Random, tree: Any) -> Any:
    """Change one place of plain values: lose, rename, retype, double or bury it."""
    place = list(_walk(rng, tree))
    if not place:
        return rng.choice(NASTY)
    parent, key = place[rng.randrange(len(place))]
    way = rng.randrange(8)
    value = parent[key]
    if way == 0:
        del parent[key]
    elif way == 1 and isinstance(parent, dict):
        parent[rng.choice(("id", "name", f"{key}s", "", "x" * 300, "__class__", "\n"))] = parent.pop(key)
    elif way == 2 and isinstance(value, list) and value:
        value.extend([value[rng.randrange(len(value))]] * rng.choice((1, 40)))
    elif way == 3:
        parent[key] = [value]
    elif way == 4 and isinstance(value, int | float):
        parent[key] = rng.choice((-value, value * 10**6, value + 0.5, str(value), float("nan")))
    elif way == 5 and isinstance(value, str):
        parent[key] = rng.choice((value * 3, value.upper(), value[::-1], f"{value}\n", f"{{{{{value}}}}}"))
    elif way == 6:
        there, where = place[rng.randrange(len(place))]
        parent[key] = there[where] if not _holds(there[where], parent) else None
    else:
        parent[key] = rng.choice(NASTY)
    return tree


def _walk(rng: Random, tree: Any) -> Sequence[tuple[Any, Any]]:
    """Go down from the root at random, so that shallow places are met as often as deep ones."""
    place = []
    here = tree
    while isinstance(here, dict | list) and here:
        key = rng.choice(sorted(here, key=str)) if isinstance(here, dict) else rng.randrange(len(here))
        place.append((here, key))
        here = here[key]
    return place


def _holds(tree: Any, part: Any) -> bool:
    """Whether a tree holds a part, which would make it endless."""
    if tree is part:
        return True
    inner = tree.values() if isinstance(tree, dict) else tree if isinstance(tree, list) else ()
    return any(_holds(each, part) for each in inner)


def _bury(rng: Random, text: str) -> str:
    depth = rng.choice(_DEPTHS)
    return text.replace(f'"{DEEP}"', DEEP).replace(f"'{DEEP}'", DEEP).replace(DEEP, "[" * depth + "]" * depth)


def spoil_yaml(rng: Random, content: bytes) -> bytes:
    """Change a place of a YAML file, its front matter if it has one, and write it again."""
    head, front, fence, tail = _split_front(content)
    try:
        # The reader's own YAML: `on` is a name, and what would unfold is refused before it does.
        tree, _ = parse_yaml(front.decode(), name="a good file")
        text = yaml.dump(change_tree(rng, tree), Dumper=_PlainDumper, sort_keys=False, allow_unicode=True)
    except (GygesError, yaml.YAMLError, RecursionError, ValueError):
        return spoil_bytes(rng, content)
    return head + _bury(rng, text).encode(errors="surrogatepass") + fence + tail


def _split_front(content: bytes) -> tuple[bytes, bytes, bytes, bytes]:
    parts = content.split(b"---\n", 2)
    if len(parts) == 3 and not parts[0]:
        return b"---\n", parts[1], b"---\n", parts[2]
    return b"", content, b"", b""


class _PlainDumper(getattr(yaml, "CSafeDumper", yaml.SafeDumper)):  # type: ignore[misc]  # either is a dumper
    """Writes what stands twice twice: an alias would be refused before anything else is looked at."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 - the dumper's signature
        """Say that nothing is to be an alias."""
        return True


def spoil_json(rng: Random, content: bytes) -> bytes:
    """Change a place of a JSON file, and write it again."""
    try:
        tree = json.loads(content)
    except (ValueError, RecursionError):
        return spoil_bytes(rng, content)
    return _bury(rng, json.dumps(change_tree(rng, tree), ensure_ascii=rng.random() < 0.5)).encode(
        errors="surrogatepass"
    )


def spoil_jsonl(rng: Random, content: bytes) -> bytes:
    """Change a line of a file of JSON lines."""
    lines = content.split(b"\n")
    at = rng.randrange(len(lines))
    lines[at] = spoil_json(rng, lines[at])
    return b"\n".join(lines)


def spoil_table(rng: Random, content: bytes) -> bytes:
    """Change columns or rows of a Parquet table."""
    try:
        table = pl.read_parquet(io.BytesIO(content))
    except (pl.exceptions.PolarsError, OSError):
        return spoil_bytes(rng, content)
    if not table.width or not table.height:
        return spoil_bytes(rng, content)
    name = rng.choice(table.columns)
    ways: tuple[Callable[[], pl.DataFrame], ...] = (
        lambda: table.drop(name),
        lambda: table.rename({name: rng.choice(("x", "", "trial_id", "é" * 100))}),
        lambda: table.with_columns(_retype(rng, table, name)),
        lambda: table.with_columns(pl.lit(None).alias(name)),
        lambda: table.with_columns(pl.lit(rng.choice(_CELLS)).alias(name)),
        lambda: table.with_columns(
            pl.when(pl.int_range(pl.len()) == 0).then(pl.lit(rng.choice(_CELLS))).otherwise(name).alias(name)
        ),
        lambda: pl.concat([table, table]),
        lambda: table.head(rng.choice((0, 1))),
        table.reverse,
        lambda: table.with_columns(pl.col(name).shuffle(seed=rng.randrange(100))),
        lambda: table.select(reversed(table.columns)),
        lambda: table.with_columns(extra=1),
        lambda: table.with_columns(pl.col(name).alias(rng.choice(table.columns))),
    )
    out = io.BytesIO()
    try:
        rng.choice(ways)().write_parquet(out)
    # What cannot be said in a table of this type is spoiled otherwise.
    except (pl.exceptions.PolarsError, TypeError, ValueError):
        return spoil_bytes(rng, content)
    return out.getvalue()


_CELLS = (
    "",
    "x" * 100_000,
    "\x00",
    "a\nb",
    "coded",
    "failed",
    "nonsense",
    "<script>alert(1)</script>",
    -1,
    2**62,
    0.5,
    float("nan"),
    float("inf"),
    True,
)


def _retype(rng: Random, table: pl.DataFrame, name: str) -> pl.Expr:
    kind = rng.choice((pl.String, pl.Int64, pl.Float64, pl.Boolean, pl.Binary, pl.List(pl.String), pl.Date))
    return pl.col(name).cast(kind, strict=False)


def spoil_log(rng: Random, content: bytes) -> bytes:
    """Change a member of an Inspect log, or the members themselves."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = [(name, archive.read(name)) for name in archive.namelist()]
    # It may have been spoiled before, so any layer may be the one that cannot read it.
    except Exception:  # noqa: BLE001
        return spoil_bytes(rng, content)
    if not members:
        return spoil_bytes(rng, content)
    at = rng.randrange(len(members))
    name, inside = members[at]
    way = rng.randrange(8)
    if way == 0:
        del members[at]
    elif way == 1:
        members[at] = (
            rng.choice(("../../evil.json", "/etc/x", f"{name}x", "samples/é_1.json", name * 60)),
            inside,
        )
    elif way == 2:
        members.append((name, spoil_json(rng, inside)))
    elif way == 3:
        members[at] = name, _swell(rng, inside)
    elif way == 4:
        members[at] = name, spoil_bytes(rng, inside)
    else:
        members[at] = name, spoil_json(rng, inside)
    return _zip(members)


def _swell(rng: Random, inside: bytes) -> bytes:
    """Make a member that is small when packed and vast when not."""
    return rng.choice(
        (
            lambda: b" " * 700_000_000,
            lambda: b"[" * 5_000_000,
            lambda: b"[" + b"[]," * 15_000_000 + b"[]]",
            lambda: inside.rstrip()[:-1] + b', "zz": "' + b"A" * 600_000_000 + b'"}',
            lambda: inside.rstrip()[:-1] + b', "zz": [' + b"0," * 20_000_000 + b"0]}",
        )
    )()


def _zip(members: Sequence[tuple[str, bytes]]) -> bytes:
    out = io.BytesIO()
    with (
        warnings.catch_warnings(),
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive,
    ):
        # A name that stands twice is one of the ways.
        warnings.simplefilter("ignore")
        for name, inside in members:
            archive.writestr(name, inside)
    return out.getvalue()


def spoil_often(rng: Random, content: bytes, ways: Sequence[Spoil]) -> bytes:
    """Spoil a file in one to three of some ways."""
    for _ in range(rng.choice((1, 1, 1, 2, 3))):
        content = rng.choice(ways)(rng, content)
    return content
