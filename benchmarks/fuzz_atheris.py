"""Coverage-guided fuzzing of what reads text, where atheris is installed (`pip install atheris`).

    python benchmarks/fuzz_atheris.py KIND [-max_total_time=60] [-rss_limit_mb=1500] [CORPUS_FOLDER]

`KIND` is `study`, `scenario`, `battery`, `item`, `prices` or `labels`; the other words are libFuzzer's.
A text is read, or refused by an error of Gyges; anything else ends the fuzzing, and libFuzzer writes the text
down.
"""

from __future__ import annotations

import sys

import atheris
from pydantic import BaseModel

with atheris.instrument_imports(include=["gyges"]):
    from gyges.coding import load_codebook
    from gyges.errors import GygesError, InputError
    from gyges.labelling import read_csv
    from gyges.pricing import PriceTable
    from gyges.records.battery import Battery
    from gyges.records.codebook import Item
    from gyges.records.reading import parse_record
    from gyges.records.scenario import Scenario
    from gyges.records.study import Study


ITEMS = load_codebook()
RECORDS: dict[str, type[BaseModel]] = {
    "study": Study,
    "scenario": Scenario,
    "battery": Battery,
    "item": Item,
    "prices": PriceTable,
}


def read_text(kind: str, text: str) -> None:
    """Read a text as what it is meant to be."""
    if kind == "labels":
        read_csv(text.encode(), name=kind, items=ITEMS, acts={"t": ()}, now="2026-01-01T00:00:00Z")
    else:
        parse_record(text, RECORDS[kind], name=kind, error=InputError)


def main() -> None:
    """Fuzz one kind until the time is up."""
    kind = sys.argv.pop(1)

    def read_bytes(data: bytes) -> None:
        said = ""
        try:
            read_text(kind, data.decode("utf-8", errors="replace"))
        except GygesError as problem:
            said = str(problem)
        if "\n" in said:
            raise AssertionError(f"not one line: {said!r}")

    atheris.Setup(sys.argv, read_bytes)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
