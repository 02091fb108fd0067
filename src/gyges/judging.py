"""Judges put to work on a run: which models, with which questions, at what price."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from gyges.budget import Purse
from gyges.errors import BudgetError, ModelError
from gyges.holding import check_held
from gyges.pricing import cost_of, cost_of_all, prices_of, read_priced, settle_prices
from gyges.records.budget import say_amount, say_unit
from gyges.records.codebook import Item
from gyges.records.codes import Codes
from gyges.records.study import Consensus, ModelSpec, Study
from gyges.records.tokens import Tokens, Usage, add_usage
from gyges.registration import hash_records
from gyges.run_folder import (
    RunFolder,
    read_codebook,
    read_consensus,
    read_lock,
    write_codebook,
)
from gyges.watching import Watch

if TYPE_CHECKING:
    import polars as pl

    from gyges.coding import Case, Judgment, Panel, Questions, Tally

CONNECTIONS = 50
"""Calls to judges under way at once, unless the study or somebody says otherwise."""

_ANSWER_TOKENS = 1_200
"""What an answer to the whole codebook takes, for an estimate beforehand."""

_FORM_FACTOR = 4

_PORTION = 500
"""Cases put at once under a budget: whether they fitted is seen when all of them are answered."""

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
    watch: Watch | None = None
    """Hears what happens; none: nobody does."""


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

    Under a budget they are put in portions, each no larger than what is left surely pays for.

    Raises:
        ModelError: A judge cannot be used as asked.
        BudgetError: What is to be asked would pass the run's budget.
    """
    from gyges.trials import find_rates, throttling

    panel = _make_panel(folder, questions, options)
    with throttling(None, find_rates(options.judges)):
        _ask(folder, panel, cases, logs, options)


def _ask(
    folder: RunFolder, panel: Panel, cases: Sequence[Case], logs: Sequence[str], options: JudgeOptions
) -> None:
    from gyges.coding import Tally, ask_judges

    purse = _open_purse(folder, options)
    watch = options.watch or Watch(None)
    watch.open(purse)
    watch.enter("judging")
    n_readings = len(cases) * len(panel.judges)
    tally = Tally(cases=n_readings, kept=n_readings)

    def pay(judgment: Judgment) -> None:
        check_held(folder)
        purse.end(_name_piece(judgment.judge, judgment.trial), {judgment.judge: judgment.tokens})
        watch.judge(judgment)
        options.on_judgment(judgment)

    panel = replace(panel, on_judgment=pay)
    if purse.budget is None:
        options.on_tally(ask_judges(panel, cases, logs))
        return
    waiting = _expect_costs(purse, panel, cases)
    while waiting and tally.is_finished:
        n = _find_affordable(purse, panel, waiting[:_PORTION])
        if not n:
            raise purse.make_error()
        now, waiting = waiting[:n], waiting[n:]
        tally = _add(tally, ask_judges(panel, now, logs))
        purse.drop(_name_piece(judge.name, case.trial) for judge in panel.judges for case in now)
    options.on_tally(tally)


def _open_purse(folder: RunFolder, options: JudgeOptions) -> Purse:
    from gyges.running import open_purse

    lock = read_lock(folder)
    study = read_priced(folder, lock)
    study = study.model_copy(update={"judges": (*study.judges, *options.judges)})
    # `gyges code` asks without a budget, and what was spent before is nobody's concern there.
    return open_purse(folder, study, None) if options.keeps_budget else Purse(study, None)


def _name_piece(judge: str, trial: str) -> str:
    return f"{judge} {trial}"


def _find_affordable(purse: Purse, panel: Panel, cases: Sequence[Case]) -> int:
    """Find how many cases may be put to all judges now, and count them as under way."""
    n = len(cases)
    for i, judge in enumerate(panel.judges):
        room = purse.allow(judge.name, n)
        purse.begin(judge.name, (_name_piece(judge.name, case.trial) for case in cases[:room]))
        for earlier in panel.judges[:i]:
            purse.drop(_name_piece(earlier.name, case.trial) for case in cases[room:n])
        n = room
    return n


def _expect_costs(purse: Purse, panel: Panel, cases: Sequence[Case]) -> list[Case]:
    """Say what the cases will take that a judge has not answered, and give them.

    Raises:
        BudgetError: All of them would take more than is left.
    """
    from gyges.coding import find_missing_cases

    fixed = len(panel.questions.instructions) + len(str(panel.questions.schema))
    missing = find_missing_cases(panel, cases)
    total: list[Usage] = []
    for judge, own in missing.items():
        sizes = [(fixed + len(case.prompt)) // _FORM_FACTOR for case in own]
        if sizes:
            purse.expect(judge.name, {judge.name: Tokens(max(sizes), _ANSWER_TOKENS)})
            total.append({judge.name: Tokens(sum(sizes), _ANSWER_TOKENS * len(sizes))})
    estimate = purse.count(add_usage(total))
    budget, left = purse.budget, purse.left or 0.0
    if budget and estimate > left:
        raise BudgetError(
            f"budget reached: {say_amount(budget, budget.amount - left)} of"
            f" {say_amount(budget, budget.amount)} {say_unit(budget)} are spent, and judging would take about"
            f" {say_amount(budget, estimate)} more; judge with `gyges code RUN`, or carry on with a larger"
            " budget."
        )
    asked = {case.trial for own in missing.values() for case in own}
    return [case for case in cases if case.trial in asked]


def _add(one: Tally, other: Tally) -> Tally:
    """Add a portion's tally to that of all cases; what the portion asked was not answered before."""
    return replace(
        one,
        kept=one.kept - (other.cases - other.kept),
        calls=one.calls + other.calls,
        input_tokens=one.input_tokens + other.input_tokens,
        output_tokens=one.output_tokens + other.output_tokens,
        unscored=one.unscored + other.unscored,
        prefix=one.prefix if other.prefix is None else other.prefix,
        is_finished=one.is_finished and other.is_finished,
    )


def _make_panel(folder: RunFolder, questions: Questions, options: JudgeOptions) -> Panel:
    from gyges.coding import Judge, Panel
    from gyges.trials import open_model

    study = read_priced(folder, read_lock(folder))
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


def price_judges(study: Study, judges: Sequence[ModelSpec]) -> Callable[[str, Tokens], float | None]:
    """Give what prices a judge's tokens, by the prices of a run's study, or else the list prices."""
    table = settle_prices(study.model_copy(update={"judges": (*study.judges, *judges)}), None)
    prices = {name: row for row in table.prices for name in row.models}
    return partial(cost_of, prices)


def lay_out_judged(
    folder: RunFolder, found: Sequence[Coded], table: pl.DataFrame, judges: Sequence[ModelSpec]
) -> pl.DataFrame:
    """Write what all judges so far answered, and give the codes with it."""
    from gyges.coding import add_judged, gather_answers, list_disagreements

    cases = [each.case for each in found if each.case]
    study = read_priced(folder, read_lock(folder))
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


def sum_spent(folder: RunFolder, study: Study, logs: Usage) -> dict[str, Any]:
    """Sum what a run has taken, in tokens and US dollars; a cost of which a part is not known is none.

    Args:
        folder: The run.
        study: Its study, with prices.
        logs: What its logs' models used in all.
    """
    from gyges.coding import read_scans

    judged = list(read_scans(folder.scans))
    price = price_judges(study, ())
    costs = []
    for each in judged:
        cost = price(each.judge, each.tokens)
        costs.append(each.cost if cost is None else cost)
    known = [cost for cost in costs if cost is not None]
    usage = add_usage({each.judge: each.tokens} for each in judged)
    return {
        "logs": _lay_out_spent(logs, cost_of_all(prices_of(study), logs)),
        "judges": _lay_out_spent(usage, sum(known) if len(known) == len(costs) else None),
    }


def _lay_out_spent(usage: Usage, usd: float | None) -> dict[str, Any]:
    return {
        "usd": None if usd is None else round(usd, 9),
        "input_tokens": sum(tokens.input for tokens in usage.values()),
        "output_tokens": sum(tokens.output for tokens in usage.values()),
    }
