"""The page, `report.html`: one file that needs nothing else."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from gyges.records.claim import Claim
from gyges.report._basis import PROTOCOL_WORDS
from gyges.report._format import clean, say_count, say_money, say_percent
from gyges.report._judges import make_coders
from gyges.report._marks import WIDTH
from gyges.report._models import make_contrasts
from gyges.report._validity import NONE, list_others, make_trust
from gyges.report._views import view_models
from gyges.report._warnings import is_registered, list_warnings, warn_of_failures

TEMPLATES = Path(__file__).parent / "templates"
_SHOWN = ("seed", "gyges", "inspect", "registered_at", "study_hash", "claims_hash")


def write_page(
    results: Mapping[str, Any], *, claims: Sequence[Claim], scenario_titles: Mapping[str, str]
) -> str:
    """Write the page of a run.

    Args:
        results: The run's `results.json`.
        claims: The registered claims.
        scenario_titles: Scenario id to title; one left out is shown by its id.
    """
    models = view_models(results, claims=claims, titles=scenario_titles)
    return (
        open_templates()
        .get_template("page.html.j2")
        .render(
            results=results,
            run=results["run"],
            models=models,
            coders=make_coders(results),
            contrast_tables=make_contrasts(results),
            trust=make_trust(results, claims),
            others=list_others(results),
            no_certificate=NONE,
            simulated=[model.name for model in models if model.is_simulated],
            warnings=(*list_warnings(results["run"]), *warn_of_failures(results)),
            is_registered=is_registered(results["run"]),
            run_keys=[key for key in _SHOWN if results["run"].get(key) is not None],
            titles=scenario_titles,
            protocols=PROTOCOL_WORDS,
            command=give_command(results["run"]),
            # The style sheet is ours; everything else is escaped.
            style=Markup((TEMPLATES / "page.css").read_text(encoding="utf-8")),  # noqa: S704  # nosec B704
            width=WIDTH,
        )
    )


def give_command(run: Mapping[str, Any]) -> str:
    """Give the command that runs the study again."""
    words = ["gyges", "run", str(run.get("study", "STUDY.yaml"))]
    if "seed" in run:
        words += ["--seed", str(run["seed"])]
    return shlex.join(words)


@lru_cache(maxsize=1)
def open_templates() -> Environment:
    """Open the templates: everything put into them is cleaned, then escaped."""
    templates = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_finalize,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    templates.filters.update(percent=say_percent, money=say_money, number=say_count)
    return templates


def _finalize(value: Any) -> Any:
    return clean(value) if isinstance(value, str) and not isinstance(value, Markup) else value
