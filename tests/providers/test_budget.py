"""The budget, against a server on loopback whose tokens have a price."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gyges.errors import BudgetError, StudyError
from gyges.records.study import DesignPart, ModelSpec, Price, Study
from gyges.run_folder import open_run
from gyges.running import RunOptions
from gyges.study import Run, resume_run, run_study
from gyges.trials import LocalProcesses
from tests.loopback import Loopback, Reply, say, serve

MODEL = "openai-api/loopback/model"
PRICE = Price(input=1.0, output=1.0)
EACH = 0.0047
"""US dollars that a trial takes at most: night-shift shows a little under 4,700 tokens."""


def _answer_slowly(_request: dict[str, Any], _number: int) -> Reply:
    time.sleep(0.1)
    return say("ANSWER: A")


def _study(n_trials: int = 40, **changes: Any) -> Study:
    fields: dict[str, Any] = {
        "name": "priced",
        "models": (ModelSpec(name=MODEL, price=PRICE),),
        "scenarios": ("night-shift",),
        "design": (DesignPart(kind="base", protocol="choice"),),
        "trials": n_trials,
        "probes": False,
    }
    return Study.model_validate(fields | changes)


@pytest.fixture
def run_with(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[str, Loopback]]:
    """Run a priced study with a budget; give the folder and the server."""

    def run(
        budget: float | None, *, study: Study | None = None, resume: bool = False
    ) -> tuple[str, Loopback]:
        with serve(_answer_slowly) as server:
            monkeypatch.setenv("LOOPBACK_API_KEY", "not-a-key")
            monkeypatch.setenv("LOOPBACK_BASE_URL", server.url)
            options = RunOptions(executor=LocalProcesses(1), budget=budget)
            out = str(tmp_path / "run")
            try:
                if resume:
                    resume_run(out, options)
                else:
                    run_study(study or _study(), out=out, options=options)
            except BudgetError:
                reached.append(len(server.requests))
            return out, server

    reached: list[int] = []
    run.reached = reached  # type: ignore[attr-defined]  # seen by the tests
    return run


@pytest.mark.slow
def test_no_budget_is_no_call(run_with: Callable[..., Any]) -> None:
    """With a budget of nothing, not one call is made."""
    out, server = run_with(0.0)
    assert run_with.reached == [0]  # type: ignore[attr-defined]
    assert server.requests == []
    assert Run(open_run(out)).results["n_coded"] == 0


@pytest.mark.slow
def test_the_budget_is_never_passed_and_kept_for_later(run_with: Callable[..., Any]) -> None:
    """A run stops below its budget, resumes to the same budget, and ends under a larger one."""
    out, server = run_with(EACH * 20)
    spent = Run(open_run(out)).results["cost"]["usd"]
    assert 0 < spent <= EACH * 20 + 1e-9
    assert len(server.requests) <= 22
    _, again = run_with(None, resume=True)
    assert again.requests == []
    _, last = run_with(EACH * 80, resume=True)
    assert Run(open_run(out)).results["n_coded"] == 40
    assert len(server.requests) + len(last.requests) == 40


@pytest.mark.slow
def test_questions_afterwards_are_paid_from_the_budget(run_with: Callable[..., Any]) -> None:
    """What is asked when a trial is over counts before it is asked, and in what the results say was spent."""
    out, server = run_with(EACH * 30, study=_study(probes=True))
    spent = Run(open_run(out)).results["cost"]["usd"]
    codes = Run(open_run(out)).codes
    trials, probes = sum(codes["cost"].to_list()), sum(codes["probe_cost"].to_list())
    assert 0 < spent <= EACH * 30 + 1e-9
    assert 0 < trials < probes
    assert spent == pytest.approx(trials + probes, rel=0.02)
    assert 10 < len(server.requests) <= 33


@pytest.mark.slow
def test_people_cost_too(run_with: Callable[..., Any]) -> None:
    """The tokens of the model that plays the people are priced by its own price, and need one."""
    people = ModelSpec(name=MODEL, price=PRICE)
    study = _study(
        3,
        models=(ModelSpec(name="gyges/power-maximiser"),),
        scenarios=("succession-vote",),
        design=(DesignPart(kind="base", protocol="agentic"),),
        stakeholder=people,
    )
    out, server = run_with(None, study=study)
    assert len(server.requests) > 0
    assert Run(open_run(out)).results["cost"]["usd"] > 0


def test_an_unknown_price_is_refused(run_with: Callable[..., Any]) -> None:
    """A budget over a model without a price is refused before anything is called."""
    with pytest.raises(StudyError, match="a budget in US dollars needs prices"):
        run_with(1.0, study=_study(models=(ModelSpec(name=MODEL),)))
