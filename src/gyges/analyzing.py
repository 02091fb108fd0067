"""From the codes of a run to its results, and from these to its report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from gyges.certifying import find_certificate, list_rows
from gyges.deciding import ask, collect_codes, decide_thoroughly
from gyges.errors import RunError
from gyges.judging import load_questions
from gyges.labels import find_cells, read_said
from gyges.pricing import REFERENCE
from gyges.records.study import name_model
from gyges.registration import find_changes
from gyges.run_folder import (
    Lock,
    RunFolder,
    read_batteries,
    read_consensus,
    read_foreign,
    read_lock,
    read_results,
    read_scenarios,
    read_spent,
    write_results,
)
from gyges.tables import open_codes, read_answers, read_plan

if TYPE_CHECKING:
    import polars as pl


def analyze_run(
    folder: RunFolder, *, certificate: int | None = None, bayes: Sequence[str] = ()
) -> dict[str, Any]:
    """Estimate and decide, from `codes.parquet`, into `results.json`.

    Args:
        folder: The run.
        certificate: Simulated studies for each agent of its certificate; 0: none is made or shown.
        bayes: Yes-or-no outcomes to which the hierarchical model is fitted too; it decides nothing.

    Raises:
        BayesError: NumPyro is not installed, or an outcome is unknown.
        RunError: `codes.parquet` is not a codes table.
    """
    from gyges.analysis import (
        add_labels,
        check_codes,
        estimate_all,
        fit_bayes,
        measure_tactics,
        measure_thresholds,
        measure_trade_offs,
        prepare_codes,
    )
    from gyges.report import count_endings, lay_out_contrast, make_results, pick_excerpts

    lock = read_lock(folder)
    table = open_codes(folder)
    check_codes(table)
    scenarios, batteries = read_scenarios(folder, lock), read_batteries(folder, lock)
    answers, said = read_answers(folder), read_said(folder)
    judging = _measure_judging(folder, table, answers, lock.study.seed)
    asked = ask(lock.study, lock.claims, scenarios, judging.get("judges", ()), batteries)
    labelled = table if answers is None else add_labels(table, answers, said.labels, drawn_by=said.drawn_by)
    decided = decide_thoroughly(collect_codes(labelled), asked, answers)
    codes = prepare_codes(table, asked.facts)
    estimates = estimate_all(codes, min_trials=lock.study.min_trials, claims=lock.claims)
    posterior = fit_bayes(codes, estimates, seed=lock.study.seed, facts=asked.facts, outcomes=bayes)
    trade_offs = measure_trade_offs(table, batteries)
    plan = read_plan(folder)
    changed = find_changes(lock, {**scenarios, **batteries}, plan)
    results = make_results(
        _describe_run(lock) | {"changed": changed, "foreign_trials": read_foreign(folder)},
        replace(estimates, cost=_describe_cost(folder, estimates.cost)),
        decided.verdicts,
        excerpts=pick_excerpts(table, lock.claims, decided.verdicts, answers=answers),
        endings=count_endings(table),
        sections={
            "trade_offs": trade_offs.shares,
            "lotteries": trade_offs.lotteries,
            **vars(decided.revealed.found),
            "tactics": measure_tactics(codes, asked.facts),
            "thresholds": measure_thresholds(codes, asked.facts, seed=lock.study.seed),
            **judging,
            "model_contrasts": list(map(lay_out_contrast, decided.contrasts)),
            **_measure_failures(table, lock.study.seed),
            "bayes": posterior.effects,
            "bayes_fits": posterior.fits,
            "judge_calls": _describe_judges(folder),
            "validity": list_rows(find_certificate(folder, plan, certificate)),
        },
    )
    write_results(folder, results)
    return results


def _measure_failures(codes: pl.LazyFrame, seed: int) -> dict[str, Sequence[Any]]:
    """Count where trials failed, and test whether they are missing evenly."""
    from gyges.analysis import measure_failures

    failures = measure_failures(codes, seed=seed)
    return {"failure_cells": failures.cells, "failure_balance": failures.tests}


def _measure_judging(
    folder: RunFolder, codes: pl.LazyFrame, answers: pl.DataFrame | None, seed: int
) -> dict[str, Sequence[Any]]:
    """Measure judges against each other and against people, and the rates of what they coded."""
    if answers is None:
        return {}
    from gyges.analysis import measure_codes, measure_reasons
    from gyges.coding import list_values, measure_judges

    said = read_said(folder)
    judging = measure_judges(
        answers,
        said.labels,
        seed=seed,
        values={item.id: list_values(item) for item in load_questions(folder)},
        cells=find_cells(codes, said),
        consensus=read_consensus(folder),
    )
    drawn_by = said.drawn_by
    rates = measure_codes(codes, answers, said.labels, seed=seed, drawn_by=drawn_by)
    return {
        "judges": judging.rows,
        "judge_pairs": judging.pairs,
        "codes": rates.rates,
        "code_differences": rates.differences,
        "reasons": measure_reasons(codes, answers, said.labels, seed=seed, drawn_by=drawn_by),
    }


def _describe_judges(folder: RunFolder) -> list[dict[str, Any]]:
    """Say of each judge how many answers it gave to each question, and what they cost."""
    from gyges.coding import count_judges

    answers = read_answers(folder)
    return [] if answers is None else count_judges(answers)


def _describe_cost(folder: RunFolder, trials: Mapping[str, float | int | None]) -> dict[str, Any]:
    """Add up what the run took: its trials, attempts that failed, and what judges read, answered or not."""
    spent = read_spent(folder)
    judges = spent.get("judges") or {"usd": 0.0, "input_tokens": 0, "output_tokens": 0}
    logs = {name: _find_larger(trials.get(name), (spent.get("logs") or {}).get(name)) for name in judges}
    total = {
        name: None if None in (logs[name], judges[name]) else logs[name] + judges[name] for name in judges
    }
    return {
        **total,
        **{f"trials_{name}": trials.get(name) for name in judges},
        **{f"judges_{name}": judges[name] for name in judges},
    }


def _find_larger(one: float | None, other: float | None) -> Any:
    """Find the larger of two numbers; logs hold what failed too, but may be gone or cut off."""
    return other if one is None else one if other is None else max(one, other)


def report_run(folder: RunFolder) -> str:
    """Write `report.html` and `insights.md` from `results.json`; give the page's path.

    Raises:
        RunError: `results.json` is not what this version writes.
    """
    from gyges.report import write_note, write_page

    lock = read_lock(folder)
    results = read_results(folder)
    titles = {name: each.title for name, each in read_scenarios(folder, lock).items()}
    try:
        page = write_page(results, claims=lock.claims, scenario_titles=titles)
        note = write_note(results, lock.claims)
    # The document may have been changed by hand; what is wrong in it is met by whichever part is shown first.
    except Exception as problem:
        cause = f"{type(problem).__name__}: {(str(problem).splitlines() or [''])[0][:100]}"
        raise RunError(
            f"{folder.at('results.json')}: cannot be shown ({cause}); `gyges analyze` writes it again."
        ) from problem
    folder.write("report.html", page.encode())
    folder.write("insights.md", note.encode())
    return folder.at("report.html")


def _describe_run(lock: Lock) -> dict[str, Any]:
    return {
        "study": lock.study.name,
        "description": lock.study.description,
        "seed": lock.study.seed,
        "gyges": lock.gyges,
        "analyzed_with": version("gyges"),
        "inspect": lock.inspect,
        "registered": lock.registered,
        "registered_at": lock.registered_at,
        "study_hash": lock.study_hash,
        "claims_hash": lock.claims_hash,
        "design": [part.model_dump(mode="json") for part in lock.study.design],
        "simulated": [name_model(spec) for spec in lock.study.models if spec.name.startswith(REFERENCE)],
    }
