"""What judges answered before, read from the run's scans without Scout."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

import polars as pl

from gyges.coding._judgment import Judgment
from gyges.reaching import file_exists, list_folder, read_file
from gyges.records.codebook import Answer

OURS = "gyges"
"""Where a scan result's metadata holds the judgment."""


ITEMS = "items"
"""Where a scan's metadata holds the hash of what each item asked."""


def read_scans(scans: str) -> Iterator[Judgment]:
    """Read what judges made of trials in all scans of a folder, earliest scan first."""
    found = []
    for folder in list_scans(scans):
        content = json.loads(read_file(f"{folder}/_scan.json"))
        asked = (content.get("metadata") or {}).get(ITEMS) or {}
        found.append((content.get("timestamp", ""), folder, asked))
    for _, folder, asked in sorted(found, key=lambda each: each[:2]):
        for path in list_folder(folder):
            if path.endswith(".parquet"):
                table = pl.read_parquet(
                    read_file(f"{folder}/{path.rsplit('/', 1)[-1]}"), columns=["metadata"]
                )
                yield from _read_results(table["metadata"].to_list(), asked)


def list_scans(scans: str) -> list[str]:
    """List the folders of the scans in a folder of them, by paths or URLs."""
    names = (path.rstrip("/").rsplit("/", 1)[-1] for path in list_folder(scans))
    folders = (f"{scans}/{name}" for name in names if name.startswith("scan_id="))
    return [folder for folder in folders if file_exists(f"{folder}/_scan.json")]


def _read_results(rows: Sequence[str | None], asked: dict[str, str]) -> Iterator[Judgment]:
    for row in rows:
        content = json.loads(row or "{}").get(OURS)
        if content:
            shared = {"trial": content["trial"], "coder": content["judge"]}
            answers = [Answer.model_validate({**each, **shared}) for each in content["answers"]]
            yield Judgment(**{**content, "answers": answers, "items": asked})
