"""Gyges: controlled experiments on power-seeking in AI models.

    import gyges

    study = gyges.load_study("demo")
    run = gyges.run(study)
    run.results["headline"]
    run.codes          # a Polars frame, one row a trial

Names are found when they are first used, so that importing Gyges costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gyges.adopt import adopt_logs as adopt_logs
    from gyges.agents import choice_probabilities as choice_probabilities
    from gyges.agents import load_profile as load_profile
    from gyges.claims import load_claims as load_claims
    from gyges.design import load_study as load_study
    from gyges.design import make_plan as make_plan
    from gyges.errors import GygesError as GygesError
    from gyges.records.scenario import Scenario as Scenario
    from gyges.records.study import DesignPart as DesignPart
    from gyges.records.study import ModelSpec as ModelSpec
    from gyges.records.study import Study as Study
    from gyges.running import RunOptions as RunOptions
    from gyges.scenarios import check_scenario as check_scenario
    from gyges.scenarios import load_batteries as load_batteries
    from gyges.scenarios import load_library as load_library
    from gyges.scenarios import load_scenario as load_scenario
    from gyges.scenarios import render_item as render_item
    from gyges.scenarios import render_scene as render_scene
    from gyges.study import Run as Run
    from gyges.study import open_finished as open_run
    from gyges.study import resume_run as resume
    from gyges.study import run_study as run

_HOMES = {
    "DesignPart": ("gyges.records.study", "DesignPart"),
    "GygesError": ("gyges.errors", "GygesError"),
    "ModelSpec": ("gyges.records.study", "ModelSpec"),
    "Run": ("gyges.study", "Run"),
    "RunOptions": ("gyges.running", "RunOptions"),
    "Scenario": ("gyges.records.scenario", "Scenario"),
    "Study": ("gyges.records.study", "Study"),
    "adopt_logs": ("gyges.adopt", "adopt_logs"),
    "check_scenario": ("gyges.scenarios", "check_scenario"),
    "choice_probabilities": ("gyges.agents", "choice_probabilities"),
    "load_batteries": ("gyges.scenarios", "load_batteries"),
    "load_claims": ("gyges.claims", "load_claims"),
    "load_library": ("gyges.scenarios", "load_library"),
    "load_profile": ("gyges.agents", "load_profile"),
    "load_scenario": ("gyges.scenarios", "load_scenario"),
    "load_study": ("gyges.design", "load_study"),
    "make_plan": ("gyges.design", "make_plan"),
    "open_run": ("gyges.study", "open_finished"),
    "render_item": ("gyges.scenarios", "render_item"),
    "render_scene": ("gyges.scenarios", "render_scene"),
    "resume": ("gyges.study", "resume_run"),
    "run": ("gyges.study", "run_study"),
}

__all__ = [
    "DesignPart",
    "GygesError",
    "ModelSpec",
    "Run",
    "RunOptions",
    "Scenario",
    "Study",
    "adopt_logs",
    "check_scenario",
    "choice_probabilities",
    "load_batteries",
    "load_claims",
    "load_library",
    "load_profile",
    "load_scenario",
    "load_study",
    "make_plan",
    "open_run",
    "render_item",
    "render_scene",
    "resume",
    "run",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'gyges' has no attribute '{name}'")
    module, attribute = _HOMES[name]
    return getattr(import_module(module), attribute)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
