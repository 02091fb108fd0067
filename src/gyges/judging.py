"""Judges put to work on a run: which models, with which questions, at what price."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from gyges.budget import cost_of
from gyges.errors import BudgetError, ModelError
from gyges.records.codebook import Item
from gyges.records.codes import Codes
from gyges.records.study import Consensus, ModelSpec, Price, Study
from gyges.registration import hash_records
from gyges.run_folder import (
    RunFolder,
    read_budget,
    read_codebook,
    read_consensus,
    read_lock,
    write_codebook,
)

if TYPE_CHECKING:
    import polars as pl

    from gyges.coding import Case, Judgment, Panel, Questions, Tally

CONNECTIONS = 50
"""Calls to judges under way at once, unless the study or somebody says otherwise."""

_ANSWER_TOKENS = 1_200
"""What an answer to the whole codebook takes, for an estimate beforehand."""

_FORM_FACTOR = 4

_TRANSPORT = frozenset(
    {
        "max_retries",
        "max_connections",
        "timeout",
        "attempt_timeout",
        "stream_idle_timeout",
        "adaptive_connections",
    }
)
"""Settings of a model that say how it is reached, and nothing of what it answers."""


class Coded(NamedTuple):
    """A trial as the rules coded it, and as a judge would be shown it."""

    codes: Codes
    case: Case | None


@dataclass(frozen=True)
class JudgeOptions:
    """Who judges a run, and how."""

    judges: tuple[ModelSpec, ...]
    codebook: tuple[str, ...] = ()
    """Folders with items that add to the run's codebook or, by id, replace its items."""
    connections: int | None = None
    consensus: Consensus | None = None
    """How several judges' answers become one; none: as the study says."""
    on_judgment: Callable[[Judgment], None] = lambda _: None
    """Called when a judge is done with a trial."""
    on_tally: Callable[[Tally], None] = lambda _: None
    """Called when all are done."""
    keeps_budget: bool = False
    """Whether the run's budget holds for the judges too."""


def choose_judges(
    study: Study, names: Sequence[str], *, base_url: str | None = None
) -> tuple[ModelSpec, ...]:
    """Choose judges by name; what the study says of a model of that name holds. No name: the study's judges.

    Raises:
        ModelError: A judge is named twice.
    """
    known = {spec.name: spec for spec in (*study.models, *study.judges)}
    chosen = [known.get(name, ModelSpec(name=name)) for name in names] or list(study.judges)
    twice = [spec.name for i, spec in enumerate(chosen) if spec.name in {each.name for each in chosen[:i]}]
    if twice:
        raise ModelError(f"judge '{twice[0]}' is named twice; each model judges once.")
    if base_url:
        chosen = [spec.model_copy(update={"base_url": base_url}) for spec in chosen]
    return tuple(chosen)


def check_judges(judges: Sequence[ModelSpec]) -> None:
    """Open every judge once, before anything is asked or written.

    Raises:
        ModelError: One cannot be used as asked.
    """
    from gyges.trials import open_model

    for spec in judges:
        open_model(spec)


def load_questions(folder: RunFolder, overlay: Sequence[str] = ()) -> tuple[Item, ...]:
    """Give the run's codebook, with the items of some folders added or put in place of its own."""
    from gyges.coding import load_codebook

    items = read_codebook(folder) or load_codebook()
    if overlay:
        own = load_codebook([Path(each) for each in overlay], shipped=False)
        merged = {item.id: item for item in (*items, *own)}
        items = tuple(merged[name] for name in sorted(merged))
        write_codebook(folder, items)
    return items


def judge_cases(
    folder: RunFolder, questions: Questions, cases: Sequence[Case], logs: Sequence[str], options: JudgeOptions
) -> None:
    """Put the cases to the judges that have not answered them; their answers go to the run's scans.

    Raises:
        ModelError: A judge cannot be used as asked.
        BudgetError: What is to be asked would pass the run's budget.
    """
    from gyges.coding import ask_judges
    from gyges.trials import find_rates, throttling

    panel = _make_panel(folder, questions, options)
    if options.keeps_budget:
        _check_budget(folder, panel, cases, options)
    with throttling(None, find_rates(options.judges)):
        options.on_tally(ask_judges(panel, cases, logs))


def _make_panel(folder: RunFolder, questions: Questions, options: JudgeOptions) -> Panel:
    from gyges.coding import Judge, Panel
    from gyges.trials import open_model

    study = read_lock(folder).study
    connections = options.connections or study.max_connections or CONNECTIONS
    price = price_judges(study, options.judges)
    judges = []
    for spec in options.judges:
        config = {"max_retries": study.retries, "max_connections": connections, **spec.config}
        model = open_model(spec.model_copy(update={"config": config}))
        judges.append(
            Judge(
                spec.name,
                model,
                questions,
                retries=study.retries,
                setting=_hash_setting(spec),
                price=partial(price, spec.name),
            )
        )
    return Panel(
        questions=questions,
        judges=tuple(judges),
        scans=folder.scans,
        connections=connections,
        on_judgment=options.on_judgment,
    )


def _hash_setting(spec: ModelSpec) -> str:
    """Hash what a judge's answers may depend on beside its name; how it is reached is not among it."""
    config = {name: value for name, value in spec.config.items() if name not in _TRANSPORT}
    if not (spec.args or config or spec.base_url):
        return ""
    return hash_records(ModelSpec(name=spec.name, args=spec.args, config=config, base_url=spec.base_url))


def _check_budget(folder: RunFolder, panel: Panel, cases: Sequence[Case], options: JudgeOptions) -> None:
    from gyges.coding import find_missing_cases, sum_costs
    from gyges.running import open_purse

    budget = read_budget(folder)
    if budget is None:
        return
    lock = read_lock(folder)
    spent = open_purse(folder, lock, budget).spent or 0.0
    price = price_judges(lock.study, options.judges)
    spent += sum_costs(folder.scans, price=price)
    fixed = len(panel.questions.instructions) + len(str(panel.questions.schema))
    estimate = 0.0
    for judge, missing in find_missing_cases(panel, cases).items():
        n_input = sum(fixed + len(case.prompt) for case in missing) // _FORM_FACTOR
        cost = price(judge.name, n_input, _ANSWER_TOKENS * len(missing))
        if cost is None:
            raise ModelError(f"a budget needs prices, and the judge '{judge.name}' has none.")
        estimate += cost
    if spent + estimate > budget:
        raise BudgetError(
            f"budget reached: {spent:.2f} of {budget:.2f} US dollars are spent, and judging would take about"
            f" {estimate:.2f} more; judge with `gyges code RUN`, or carry on with a larger budget."
        )


def price_judges(study: Study, judges: Sequence[ModelSpec]) -> Callable[[str, int, int], float | None]:
    """Give what prices a judge's tokens, by the study's prices."""
    specs = (*study.models, *study.judges, *judges)
    prices: Mapping[str, Price | None] = {spec.name: spec.price for spec in specs}
    return partial(cost_of, prices)


def lay_out_judged(
    folder: RunFolder, found: Sequence[Coded], table: pl.DataFrame, judges: Sequence[ModelSpec]
) -> pl.DataFrame:
    """Write what all judges so far answered, and give the codes with it."""
    from gyges.coding import add_judged, gather_answers, list_disagreements

    cases = [each.case for each in found if each.case]
    study = read_lock(folder).study
    items = load_questions(folder)
    answers = None
    if cases:
        codes = [each.codes for each in found]
        price = price_judges(study, judges)
        answers = gather_answers(folder.scans, cases, codes, items=items, price=price)
    if answers is not None:
        folder.write_table("answers.parquet", answers)
        folder.write("disagreements.csv", list_disagreements(answers).write_csv().encode())
    return add_judged(table, answers, items, consensus=read_consensus(folder))
