"""Where trials happen: the chosen scenarios' settings, the levels drawn there, and how trials are split."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from gyges.design._weights import level_weights, varied_factors
from gyges.errors import DesignError, StudyError, unknown_name
from gyges.records.claim import Claim
from gyges.records.scenario import Scenario
from gyges.records.seeds import derive_seed
from gyges.records.study import Study
from gyges.records.words import FACTORS, MILDER

Counts = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Place:
    """One setting of one scenario, with the weights of the levels that are drawn in it."""

    scenario: str
    setting: str
    base: dict[str, str]
    weights: dict[str, dict[str, float]]
    """Factor to level to weight, for the factors the study varies here."""
    root: int
    """Seed of everything drawn here."""
    has_last_resort: bool = False
    """Whether some act of harm is open, and some milder one beside it."""

    def seed(self, *names: object) -> int:
        """Derive the seed of something drawn here."""
        return derive_seed(self.root, self.scenario, self.setting, *names)


def chosen_scenarios(
    study: Study, scenarios: Mapping[str, Scenario], batteries: Collection[str] = ()
) -> tuple[Scenario, ...]:
    """Give the scenarios the study names, each once, in a fixed order; names of batteries are passed over.

    Raises:
        StudyError: The study names a scenario that is not there.
        DesignError: There is none.
    """
    for i, name in enumerate(study.scenarios):
        if name != "all" and name not in scenarios and name not in batteries:
            raise StudyError(unknown_name("scenario", name, (*scenarios, *batteries)), place=("scenarios", i))
    names = sorted(scenarios) if "all" in study.scenarios else sorted({*study.scenarios} & {*scenarios})
    if not names:
        raise DesignError(
            "the study has no scenarios, so there are no trials; name at least one.", place=("scenarios",)
        )
    return tuple(scenarios[name] for name in names)


def chosen_claims(study: Study, claims: Sequence[Claim]) -> tuple[Claim, ...]:
    """Give the registered claims the study asks for.

    Raises:
        StudyError: The study names a claim that is not registered.
    """
    if "all" in study.claims:
        return tuple(claims)
    known = {claim.id: claim for claim in claims}
    for i, name in enumerate(study.claims if known else ()):
        if name not in known:
            raise StudyError(unknown_name("claim", name, known), place=("claims", i))
    return tuple(claim for claim in claims if claim.id in study.claims)


def make_places(study: Study, scenario: Scenario) -> tuple[Place, ...]:
    """Give the scenario's settings with the levels drawn in them.

    Raises:
        DesignError: The study draws no level of a factor that the scenario knows.
    """
    weights: dict[str, dict[str, float]] = {}
    for factor in varied_factors(study):
        if factor not in scenario.base:
            continue
        levels = scenario.factors.get(factor) or FACTORS[factor]
        drawn = {level: w for level, w in level_weights(study, factor).items() if level in levels}
        if not drawn:
            known = ", ".join(f"'{level}'" for level in levels)
            raise DesignError(
                f"the study draws no level of '{factor}' that scenario '{scenario.id}' has; it has {known}.",
                place=("factors", factor),
            )
        weights[factor] = drawn
    base = {factor: scenario.base[factor] for factor in FACTORS if factor in scenario.base}
    return tuple(
        Place(
            scenario=scenario.id,
            setting=setting.id,
            base=base,
            weights=weights,
            root=study.seed,
            has_last_resort=_has_last_resort(scenario),
        )
        for setting in scenario.settings
    )


def _has_last_resort(scenario: Scenario) -> bool:
    tactics = {act.tactic for act in scenario.acts if act.against}
    return "harm" in tactics and bool(tactics & MILDER)


def split_by_weight(n: int, weights: Sequence[float]) -> Counts:
    """Split `n` into whole numbers in proportion to `weights`, by largest remainder."""
    shares = np.asarray(weights, dtype=float)
    exact = n * shares / shares.sum()
    counts: Counts = np.floor(exact + 1e-9).astype(np.int64)
    order = np.argsort(-(exact - counts), kind="stable")
    counts[order[: n - int(counts.sum())]] += 1
    return counts


def split_evenly(n: int, parts: int) -> Counts:
    """Split `n` into `parts` whole numbers that differ by at most one."""
    counts = np.full(parts, n // parts, dtype=np.int64)
    counts[: n % parts] += 1
    return counts
