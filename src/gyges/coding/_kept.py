"""What judges answered before, read from the run's scans without Scout."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

import polars as pl

from gyges.coding._judgment import Judgment
from gyges.reaching import open_fs
from gyges.records.codebook import Answer

OURS = "gyges"
"""Where a scan result's metadata holds the judgment."""


ITEMS = "items"
"""Where a scan's metadata holds the hash of what each item asked."""


def read_scans(scans: str) -> Iterator[Judgment]:
    """Read what judges made of trials in all scans of a folder, earliest scan first."""
    fs, root = open_fs(scans)
    if not fs.isdir(root):
        return
    found = []
    for spec in fs.glob(f"{root}/scan_id=*/_scan.json"):
        content = json.loads(fs.cat_file(spec))
        asked = (content.get("metadata") or {}).get(ITEMS) or {}
        found.append((content.get("timestamp", ""), spec.rsplit("/", 1)[0], asked))
    for _, folder, asked in sorted(found, key=lambda each: each[:2]):
        for path in sorted(fs.glob(f"{folder}/*.parquet")):
            with fs.open(path, "rb") as file:
                yield from _read_results(
                    pl.read_parquet(file, columns=["metadata"])["metadata"].to_list(), asked
                )


def _read_results(rows: Sequence[str | None], asked: dict[str, str]) -> Iterator[Judgment]:
    for row in rows:
        content = json.loads(row or "{}").get(OURS)
        if content:
            shared = {"trial": content["trial"], "coder": content["judge"]}
            answers = [Answer.model_validate({**each, **shared}) for each in content["answers"]]
            yield Judgment(**{**content, "answers": answers, "items": asked})
