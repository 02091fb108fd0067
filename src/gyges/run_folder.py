"""The run folder and its artifacts, on a local path or any fsspec URL.

    study.lock.yaml   the study as run: resolved, hashed, versions, seed, registered-at
    scenarios/*.json  the scenarios as run, so that a run can be carried on and rebuilt anywhere
    batteries/*.json  the batteries as run, likewise
    plan.parquet      one row a trial
    logs/*.eval       Inspect logs: the record
    codes.parquet     one row a trial: status, acts, outcomes, evidence
    results.json      estimates and verdicts
    budget.json       the budget it may not pass, if it was given one
    report.html       one self-contained page
    insights.md       the note, rewritten from the data

Every artifact is written whole or not at all.
"""

from __future__ import annotations

import io
import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import Field

from gyges.errors import RunError
from gyges.records.base import Record, Slug
from gyges.records.battery import Battery
from gyges.records.claim import Claim
from gyges.records.reading import parse_record
from gyges.records.scenario import Scenario
from gyges.records.study import Study

if TYPE_CHECKING:
    import polars as pl

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
    def logs(self) -> str:
        """Give the folder of the Inspect logs."""
        return self.at("logs")

    def exists(self, name: str) -> bool:
        """Say whether an artifact is there."""
        fs, path = _open_fs(self.at(name))
        return bool(fs.exists(path))

    def write(self, name: str, content: bytes) -> None:
        """Write an artifact whole or not at all.

        Raises:
            RunError: The folder cannot be written.
        """
        target = self.at(name)
        try:
            if "://" in target:
                fs, path = _open_fs(target)
                fs.makedirs(path.rsplit("/", 1)[0], exist_ok=True)
                fs.pipe_file(path, content)
            else:
                _replace_file(Path(target), content)
        except OSError as problem:
            raise RunError(f"{target}: cannot be written ({problem.strerror or problem}).") from None

    def read(self, name: str) -> bytes:
        """Read an artifact.

        Raises:
            RunError: It is not there or cannot be read.
        """
        fs, path = _open_fs(self.at(name))
        try:
            return bytes(fs.cat_file(path))
        except FileNotFoundError:
            raise RunError(f"{self.url}: has no {name}; {_HINTS.get(name, 'is it a run folder?')}") from None
        except OSError as problem:
            raise RunError(f"{self.at(name)}: cannot be read ({problem.strerror or problem}).") from None

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

    def move_aside(self, log: str) -> None:
        """Move a damaged log out of the way, into `logs/damaged/`."""
        fs, path = _open_fs(log)
        folder, name = path.rsplit("/", 1)
        fs.makedirs(f"{folder}/damaged", exist_ok=True)
        fs.mv(path, f"{folder}/damaged/{name}")


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
    folder = RunFolder(str(url).rstrip("/"))
    if not folder.exists("study.lock.yaml"):
        raise RunError(f"{folder.url}: is no run folder (it has no study.lock.yaml).")
    read_lock(folder)
    return folder


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
    folder = RunFolder(str(url).rstrip("/"))
    if folder.exists("study.lock.yaml"):
        raise RunError(
            f"{folder.url}: holds a run already; carry it on with `gyges resume`, or name another."
        )
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
    scenarios = {}
    for name in lock.scenario_hashes:
        content = folder.read(f"scenarios/{name}.json")
        try:
            scenarios[name] = Scenario.model_validate_json(content)
        except ValueError as problem:
            where = folder.at(f"scenarios/{name}.json")
            raise RunError(f"{where}: is damaged ({str(problem).splitlines()[0][:120]}).") from None
    return scenarios


def write_budget(folder: RunFolder, budget: float) -> None:
    """Note the budget a run may not pass, in US dollars."""
    folder.write("budget.json", _as_json({"usd": budget}))


def read_budget(folder: RunFolder) -> float | None:
    """Read the budget a run was last given; none: it has none."""
    if not folder.exists("budget.json"):
        return None
    try:
        return float(json.loads(folder.read("budget.json"))["usd"])
    except (ValueError, KeyError, TypeError):
        raise RunError(f"{folder.at('budget.json')}: is damaged; name a budget with --budget.") from None


def write_foreign(folder: RunFolder, n_trials: int) -> None:
    """Note how many trials in the logs are not of the plan."""
    folder.write("coding.json", _as_json({"foreign_trials": n_trials}))


def read_foreign(folder: RunFolder) -> int:
    """Read how many trials in the logs were not of the plan when they were last coded."""
    if not folder.exists("coding.json"):
        return 0
    try:
        return int(json.loads(folder.read("coding.json"))["foreign_trials"])
    except (ValueError, KeyError, TypeError):
        raise RunError(f"{folder.at('coding.json')}: is damaged; `gyges code` writes it again.") from None


def read_batteries(folder: RunFolder, lock: Lock) -> dict[str, Battery]:
    """Read the batteries as run.

    Raises:
        RunError: One is not there or is damaged.
    """
    batteries = {}
    for name in lock.battery_hashes:
        content = folder.read(f"batteries/{name}.json")
        try:
            batteries[name] = Battery.model_validate_json(content)
        except ValueError as problem:
            where = folder.at(f"batteries/{name}.json")
            raise RunError(f"{where}: is damaged ({str(problem).splitlines()[0][:120]}).") from None
    return batteries


def read_results(folder: RunFolder) -> dict[str, Any]:
    """Read `results.json`."""
    try:
        content: dict[str, Any] = json.loads(folder.read("results.json"))
    except ValueError:
        raise RunError(f"{folder.at('results.json')}: is damaged; `gyges analyze` writes it again.") from None
    return content


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


def _replace_file(target: Path, content: bytes) -> None:
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


def _open_fs(url: str) -> tuple[Any, str]:
    import fsspec

    opener: Callable[[str], tuple[Any, str]] = fsspec.core.url_to_fs
    try:
        return opener(url)
    except (ValueError, ImportError) as problem:
        raise RunError(f"{url}: {str(problem).splitlines()[0]}") from None
