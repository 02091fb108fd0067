"""The run folder and its artifacts, on a local path or any fsspec URL.

    study.lock.yaml   the study as run: resolved, hashed, versions, seed, registered-at
    scenarios/*.json  the scenarios as run, so that a run can be carried on and rebuilt anywhere
    batteries/*.json  the batteries as run, likewise
    plan.parquet      one row a trial
    codebook.json     the codebook's items, as judges and people are asked them
    logs/*.eval       Inspect logs: the record
    scans/            Scout's scans: what judges made of the transcripts
    codes.parquet     one row a trial: status, acts, outcomes, evidence
    answers.parquet   one row a trial, item, act and coder, once judges have coded
    disagreements.csv acts about which the rules and a judge disagree, likewise
    labels.jsonl      every answer a person gave, appended as it is given
    labels.parquet    the labels that stand, made from it
    certificate.json  how often verdicts on this plan are right, from agents of known truth
    results.json      estimates and verdicts
    budget.json       the budget it may not pass, if it was given one
    prices.json       what tokens were priced at
    running.json      who is running it, while somebody is
    report.html       one self-contained page
    insights.md       the note, rewritten from the data

Every artifact is written whole or not at all; `labels.jsonl` line by line.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import Field, TypeAdapter

from gyges.errors import RunError
from gyges.reaching import file_exists, open_fs, persist, read_file
from gyges.records.base import Record, Slug
from gyges.records.battery import Battery
from gyges.records.claim import Claim
from gyges.records.codebook import Item
from gyges.records.reading import parse_object, parse_record
from gyges.records.scenario import Scenario
from gyges.records.study import Consensus, Study
from gyges.storage import (
    at_the_door,
    name_folder,
    try_to_write,
    write_file,
)

if TYPE_CHECKING:
    import polars as pl

R = TypeVar("R", bound=Record)

_ITEMS = TypeAdapter(list[Item])

FORMAT = 1
"""Version of the run folder's format; a folder of another format is refused with a sentence."""


class Lock(Record):
    """The study as run."""

    format: int
    gyges: str
    """Version of Gyges."""
    inspect: str
    """Version of Inspect."""
    registered_at: str
    """When study and claims were fixed, before the first trial; ISO 8601, UTC."""
    study_hash: str
    claims_hash: str
    plan_hash: str
    scenario_hashes: dict[Slug, str]
    battery_hashes: dict[Slug, str] = Field(default_factory=dict)
    n_trials: int
    registered: bool = True
    """Whether all this was fixed before the first trial; it was not where logs of others were taken in."""
    study: Study
    claims: tuple[Claim, ...]


@dataclass(frozen=True)
class RunFolder:
    """Where a run is kept."""

    url: str
    """Local path or fsspec URL, without a slash at its end."""

    def at(self, name: str) -> str:
        """Give the path or URL of an artifact."""
        return f"{self.url}/{name}"

    @property
    def scans(self) -> str:
        """Give the folder of Scout's scans."""
        return self.at("scans")

    @property
    def logs(self) -> str:
        """Give the folder of the Inspect logs."""
        return self.at("logs")

    def exists(self, name: str) -> bool:
        """Say whether an artifact is there."""
        with at_the_door(self.at(name)):
            return file_exists(self.at(name))

    def write(self, name: str, content: bytes) -> None:
        """Write an artifact whole or not at all.

        Raises:
            RunError: The folder cannot be written.
        """
        with at_the_door(self.at(name), "written"):
            write_file(self.at(name), content)

    def read(self, name: str) -> bytes:
        """Read an artifact.

        Raises:
            RunError: It is not there or cannot be read.
        """
        with at_the_door(self.at(name), "read"):
            try:
                return read_file(self.at(name))
            except FileNotFoundError:
                hint = _HINTS.get(name, "is it a run folder?")
                raise RunError(f"{self.url}: has no {name}; {hint}") from None

    def write_table(self, name: str, table: pl.DataFrame) -> None:
        """Write a table as Parquet."""
        buffer = io.BytesIO()
        table.write_parquet(buffer, compression="zstd", statistics=False)
        self.write(name, buffer.getvalue())

    def scan_table(self, name: str) -> pl.LazyFrame:
        """Open a Parquet table lazily.

        Raises:
            RunError: It is not there or is damaged.
        """
        import polars as pl

        target = self.at(name)
        source: Any = target if "://" not in target else io.BytesIO(self.read(name))
        if not self.exists(name):
            self.read(name)
        try:
            table = pl.scan_parquet(source)
            table.collect_schema()
        except (pl.exceptions.PolarsError, OSError) as problem:
            raise RunError(f"{target}: is damaged ({str(problem).splitlines()[0][:120]}).") from None
        return table


_HINTS = {
    "study.lock.yaml": "is it a run folder?",
    "codes.parquet": "code it first with `gyges code`.",
    "results.json": "analyze it first with `gyges analyze`.",
    "report.html": "make it first with `gyges report`.",
}


def open_run(url: str) -> RunFolder:
    """Open the folder of a run.

    Raises:
        RunError: It is no run folder, or one of another format.
    """
    folder = RunFolder(name_folder(url))
    if not is_run(url):
        raise RunError(f"{folder.url}: is no run folder (it has no study.lock.yaml).")
    read_lock(folder)
    return folder


def is_run(url: str) -> bool:
    """Say whether a folder holds a run, of whatever version.

    Raises:
        RunError: It cannot be reached.
    """
    folder = RunFolder(name_folder(url))
    with at_the_door(folder.url):
        return folder.exists("study.lock.yaml")


def check_new_folder(url: str) -> None:
    """Make sure that a run can be begun in a folder: it is new or empty, and can be written.

    Raises:
        RunError: It holds something, or cannot be written.
    """
    name = name_folder(url)
    if name.startswith("memory:"):
        raise RunError(
            f"{name}: a run's processes share no memory; name a folder or a storage they can reach."
        )
    with at_the_door(name):
        found = persist(name, lambda: _list_folder(name))
        if "study.lock.yaml" in found:
            raise RunError(f"{name}: holds a run already; carry it on with `gyges resume`, or name another.")
        if found:
            raise RunError(f"{name}: is not empty and no run folder; name a new or an empty folder.")
        if "://" not in name:
            try_to_write(Path(name))


def _list_folder(name: str) -> set[str]:
    fs, path = open_fs(name)
    try:
        is_file = fs.info(path)["type"] == "file"
    except (FileNotFoundError, NotADirectoryError):
        return set()
    if is_file:
        raise RunError(f"{name}: is a file; a run needs a folder.")
    return {each.rsplit("/", 1)[-1] for each in fs.ls(path, detail=False)}


def create_run(
    url: str,
    lock: Lock,
    scenarios: Mapping[str, Scenario],
    *,
    batteries: Mapping[str, Battery] | None = None,
) -> RunFolder:
    """Begin a run folder with its lock, scenarios and batteries.

    Raises:
        RunError: There is a run already, or the folder cannot be written.
    """
    check_new_folder(url)
    folder = RunFolder(name_folder(url))
    with at_the_door(folder.url):
        for scenario in scenarios.values():
            folder.write(f"scenarios/{scenario.id}.json", _as_json(scenario.model_dump(mode="json")))
        for battery in (batteries or {}).values():
            folder.write(f"batteries/{battery.id}.json", _as_json(battery.model_dump(mode="json")))
        folder.write("study.lock.yaml", _as_yaml(lock.model_dump(mode="json")))
    return folder


def read_lock(folder: RunFolder) -> Lock:
    """Read the study as run.

    Raises:
        RunError: The lock is damaged or of another format.
    """
    text = folder.read("study.lock.yaml").decode("utf-8", errors="replace")
    found = _find_line(text, "format")
    if found != str(FORMAT):
        raise RunError(
            f"{folder.url}: was written by Gyges {_find_line(text, 'gyges') or '(unknown)'}"
            f" in format {found or '(unknown)'}; this version reads format {FORMAT}."
        )
    return parse_record(text, Lock, name=folder.at("study.lock.yaml"), error=RunError)


def read_scenarios(folder: RunFolder, lock: Lock) -> dict[str, Scenario]:
    """Read the scenarios as run.

    Raises:
        RunError: One is not there or is damaged.
    """
    return {name: _read_json(folder, f"scenarios/{name}.json", Scenario) for name in lock.scenario_hashes}


def read_batteries(folder: RunFolder, lock: Lock) -> dict[str, Battery]:
    """Read the batteries as run.

    Raises:
        RunError: One is not there or is damaged.
    """
    return {name: _read_json(folder, f"batteries/{name}.json", Battery) for name in lock.battery_hashes}


def _read_json(folder: RunFolder, name: str, kind: type[R]) -> R:
    content = folder.read(name)
    try:
        return kind.model_validate_json(content)
    except ValueError as problem:
        reason = str(problem).splitlines()[0][:120]
        raise RunError(f"{folder.at(name)}: is damaged ({reason}).") from None


def write_coding(
    folder: RunFolder, *, foreign_trials: int, consensus: Consensus, spent: Mapping[str, Any] | None = None
) -> None:
    """Note how the logs were coded.

    Args:
        folder: The run.
        foreign_trials: How many trials in the logs are not of the plan.
        consensus: How the judges' answers became one.
        spent: What the logs and the judges took, in tokens and US dollars.
    """
    content = {"foreign_trials": foreign_trials, "consensus": consensus, "spent": spent or {}}
    folder.write("coding.json", _as_json(content))


def read_spent(folder: RunFolder) -> dict[str, Any]:
    """Read what logs and judges had taken when the run was last coded; empty: it is not known."""
    found = _read_coding(folder).get("spent")
    return found if isinstance(found, dict) else {}


def read_foreign(folder: RunFolder) -> int:
    """Read how many trials in the logs were not of the plan when they were last coded."""
    found = _read_coding(folder).get("foreign_trials", 0)
    return found if isinstance(found, int) else 0


def read_consensus(folder: RunFolder) -> Consensus:
    """Read how the judges' answers became one when the logs were last coded."""
    return "posterior" if _read_coding(folder).get("consensus") == "posterior" else "majority"


def _read_coding(folder: RunFolder) -> dict[str, Any]:
    if not folder.exists("coding.json"):
        return {}
    return _read_values(folder, "coding.json", "`gyges code` writes it again")


def _read_values(folder: RunFolder, name: str, remedy: str) -> dict[str, Any]:
    return parse_object(folder.read(name), name=folder.at(name), remedy=remedy, error=RunError)


def write_codebook(folder: RunFolder, items: Iterable[Item]) -> None:
    """Write the codebook's items."""
    # The order of an item's options is the order in which they are shown.
    content = json.dumps([item.model_dump(mode="json") for item in items], indent=2, ensure_ascii=False)
    folder.write("codebook.json", f"{content}\n".encode())


def read_codebook(folder: RunFolder) -> tuple[Item, ...] | None:
    """Read the codebook's items as they were last asked; none: the run has no codebook of its own.

    Raises:
        RunError: It is damaged.
    """
    if not folder.exists("codebook.json"):
        return None
    try:
        return tuple(_ITEMS.validate_json(folder.read("codebook.json"), strict=True))
    except ValueError:
        raise RunError(
            f"{folder.at('codebook.json')}: is damaged; remove it to use the shipped one."
        ) from None


def read_results(folder: RunFolder) -> dict[str, Any]:
    """Read `results.json`."""
    return _read_values(folder, "results.json", "`gyges analyze` writes it again")


def write_results(folder: RunFolder, results: Mapping[str, Any]) -> None:
    """Write `results.json`."""
    folder.write("results.json", _as_json(results))


def _as_json(content: Any) -> bytes:
    return (
        json.dumps(content, indent=2, sort_keys=True, ensure_ascii=False, allow_nan=False) + "\n"
    ).encode()


def _as_yaml(content: Any) -> bytes:
    import yaml

    # The dumper would write an anchor where an object stands twice; through JSON nothing is shared.
    plain = json.loads(json.dumps(content))
    return yaml.safe_dump(plain, sort_keys=False, allow_unicode=True, width=100).encode()


def _find_line(text: str, field: str) -> str:
    for line in text.splitlines():
        if line.startswith(f"{field}:"):
            return line.split(":", 1)[1].strip().strip("'\"")
    return ""
