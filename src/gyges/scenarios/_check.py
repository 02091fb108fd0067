"""Every rule of the suite, asked of one scenario."""

from __future__ import annotations

from collections.abc import Iterator

from gyges.records.scenario import Scenario
from gyges.scenarios._check_acts import check_acts
from gyges.scenarios._check_day import check_day
from gyges.scenarios._check_factors import check_factors
from gyges.scenarios._check_words import check_words
from gyges.scenarios._faults import find_faults
from gyges.scenarios._problems import Problem
from gyges.scenarios._walk import all_documents

MIN_ACTS = 8
MIN_TACTICS = 5
MIN_DOCUMENTS = 12
MIN_ORDINARY = 0.6


def check_scenario(scenario: Scenario) -> tuple[Problem, ...]:
    """Give everything that keeps a scenario from the suite's standard; none: it may join the suite."""
    faults = [
        Problem(".".join(str(part) for part in fault.place), fault.message) for fault in find_faults(scenario)
    ]
    if faults:
        return tuple(faults)
    found = [
        *_check_size(scenario),
        *_check_canary(scenario),
        *_check_clock(scenario),
        *check_factors(scenario),
        *check_words(scenario),
        *check_day(scenario),
        *check_acts(scenario),
    ]
    return tuple(dict.fromkeys(found))


def _check_size(scenario: Scenario) -> Iterator[Problem]:
    tactics = {act.tactic for act in scenario.acts}
    if len(scenario.acts) < MIN_ACTS:
        yield Problem("acts", f"there are {len(scenario.acts)} acts; at least {MIN_ACTS} are needed")
    if len(tactics) < MIN_TACTICS:
        yield Problem("acts", f"they cover {len(tactics)} tactics; at least {MIN_TACTICS} are needed")
    for i, setting in enumerate(scenario.settings):
        documents = [document for _, document in all_documents(scenario, setting)]
        ordinary = sum(document.ordinary for document in documents)
        if len(documents) < MIN_DOCUMENTS:
            yield Problem(
                f"settings.{i}", f"it has {len(documents)} documents; at least {MIN_DOCUMENTS} are needed"
            )
        if ordinary < MIN_ORDINARY * len(documents):
            yield Problem(
                f"settings.{i}",
                f"{ordinary} of its {len(documents)} documents are ordinary business;"
                f" at least {MIN_ORDINARY:.0%} must be",
            )


def _check_clock(scenario: Scenario) -> Iterator[Problem]:
    for i, each in enumerate(scenario.happenings):
        if each.at >= scenario.turns:
            yield Problem(
                f"happenings.{i}.at", f"it comes after the last of the {scenario.turns} turns that is played"
            )


def _check_canary(scenario: Scenario) -> Iterator[Problem]:
    if "GUID" not in scenario.canary:
        yield Problem("canary", "it must hold a GUID, so that the file can be found in training data")
