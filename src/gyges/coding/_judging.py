"""Judging a run: what was answered before is kept, what is missing is asked, and all of it is laid out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

import polars as pl

from gyges.coding._answers import Pricer, answer_by_rules, choose_judgments, tabulate_answers
from gyges.coding._judge import Judge
from gyges.coding._judgment import Judgment
from gyges.coding._kept import read_scans
from gyges.coding._questions import Case, Questions, key_item, measure_prefix
from gyges.records.codebook import Item
from gyges.records.codes import Codes


@dataclass
class Tally:
    """What judging a run took."""

    cases: int = 0
    """Trials times judges."""
    kept: int = 0
    """Of these, answered before."""
    calls: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    unscored: int = 0
    """Trials times judges of which no answer at all came."""
    prefix: float | None = None
    """Share of the prompts' fixed part that is the same for all and comes first, so that it can be cached."""
    is_finished: bool = True


@dataclass(frozen=True)
class Panel:
    """The judges of a run, and where their answers are kept."""

    questions: Questions
    judges: tuple[Judge, ...]
    scans: str
    """Folder of the run's scans, a local path or fsspec URL."""
    connections: int = 50
    on_judgment: Callable[[Judgment], None] = field(default=lambda _: None)


def ask_judges(panel: Panel, cases: Sequence[Case], logs: Sequence[str]) -> Tally:
    """Put every case to every judge that has not answered it yet; answers go to the run's scans."""
    from gyges.coding._scan import scan_cases

    work = find_missing_cases(panel, cases)
    tally = Tally(cases=len(cases) * len(panel.judges), prefix=measure_prefix(panel.questions, cases))
    tally.kept = tally.cases - sum(map(len, work.values()))

    def count(judgment: Judgment) -> None:
        tally.calls += judgment.calls
        tally.input_tokens += judgment.input_tokens
        tally.output_tokens += judgment.output_tokens
        tally.unscored += all(answer.status == "unscored" for answer in judgment.answers)
        panel.on_judgment(judgment)

    if tally.kept < tally.cases:
        tally.is_finished = scan_cases(
            work, logs, panel.scans, connections=panel.connections, on_judgment=count
        )
    return tally


def find_missing_cases(panel: Panel, cases: Sequence[Case]) -> dict[Judge, list[Case]]:
    """Find what each judge has not answered; the same record, questions and model ask nothing new."""
    from gyges.coding._scan import recover_scans

    recover_scans(panel.scans)
    answered = {each.key for each in read_scans(panel.scans) if not each.failed}
    return {judge: [case for case in cases if judge.key_of(case) not in answered] for judge in panel.judges}


def gather_answers(
    scans: str, cases: Iterable[Case], codes: Sequence[Codes], *, items: Sequence[Item], price: Pricer
) -> pl.DataFrame | None:
    """Gather what all judges so far and the rules answered; none: no judge answered anything.

    Args:
        scans: Folder of the run's scans.
        cases: The trials as judges are shown them.
        codes: What the rules found.
        items: The codebook as it stands; what was answered to an earlier wording is left out.
        price: Prices the judges' tokens; where it knows no price, the one known when they were asked holds.
    """
    records = {case.trial: case.shown.code for case in cases}
    keys = {item.id: key_item(item) for item in items}
    every = list(read_scans(scans))
    if not every:
        return None
    judgments = choose_judgments(every, records, keys)
    return tabulate_answers(answer_by_rules(codes), judgments, price=price)
