"""How often each level is drawn, and whether a study names factors and levels that exist."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType

from gyges.design._labels import check_labels
from gyges.errors import Place, StudyError, unknown_name
from gyges.records.reading import parse_yaml
from gyges.records.scenario import Scenario
from gyges.records.study import Study
from gyges.records.words import FACTORS

_TOLERANCE = 0.01


@lru_cache(maxsize=1)
def default_weights() -> Mapping[str, Mapping[str, float]]:
    """Give the weight of every level of every factor; dangerous levels weigh more."""
    path = Path(__file__).parent / "weights.yaml"
    content, _ = parse_yaml(path.read_text(encoding="utf-8"), name=path.name, error=StudyError)
    return MappingProxyType(
        {
            factor: MappingProxyType({level: float(content[factor][level]) for level in FACTORS[factor]})
            for factor in FACTORS
        }
    )


def level_weights(study: Study, factor: str) -> dict[str, float]:
    """Give the weights of the levels that `study` draws, in the factor's natural order."""
    stated = study.factors.get(factor) or default_weights()[factor]
    return {level: float(stated[level]) for level in FACTORS[factor] if level in stated}


def varied_factors(study: Study) -> tuple[str, ...]:
    """List the factors that `study` varies, in their natural order."""
    return tuple(FACTORS) if "all" in study.vary else tuple(f for f in FACTORS if f in study.vary)


def check_study(study: Study) -> None:
    """Refuse factors and levels that do not exist, and shares that are not the whole.

    Raises:
        StudyError: With the nearest valid name.
    """
    for factor in study.factors:
        _check_factor(factor, ("factors", factor))
    for i, factor in enumerate(study.vary):
        if factor != "all":
            _check_factor(factor, ("vary", i))
    for factor, weights in study.factors.items():
        for level in weights:
            if level not in FACTORS[factor]:
                message = unknown_name(f"level of '{factor}'", level, FACTORS[factor])
                raise StudyError(message, place=("factors", factor, level))
    _check_parts(study)
    check_labels(study)


def _check_factor(factor: str, place: Place) -> None:
    if factor not in FACTORS:
        raise StudyError(unknown_name("factor", factor, FACTORS), place=place)


def _check_parts(study: Study) -> None:
    for i, part in enumerate(study.design):
        if part.kind in {"battery", "last-resort"} and part.protocol != "choice":
            raise StudyError(
                f"the '{part.kind}' part has the protocol '{part.protocol}'; its trials are choices: give it"
                " `protocol: choice`.",
                place=("design", i),
            )
    total = sum(part.share for part in study.design)
    if abs(total - 1) > _TOLERANCE:
        raise StudyError(
            f"the shares of the design's parts add up to {total:g}; they must add up to 1.", place=("design",)
        )


def check_weights(study: Study, scenarios: Sequence[Scenario]) -> None:
    """Refuse weights that no scenario of the study can use: they would change nothing, in silence.

    A study of batteries alone draws no levels, so it may keep the weights it has.

    Raises:
        StudyError: No scenario carries the factor, or none of those that do has the level.
    """
    for factor, weights in study.factors.items() if scenarios else ():
        carrying = [each for each in scenarios if factor in each.base]
        if not carrying:
            raise StudyError(
                f"no scenario of the study carries the factor '{factor}', so its weights weigh nothing;"
                " leave them out, or choose a scenario that carries it.",
                place=("factors", factor),
            )
        known = {level for each in carrying for level in each.factors.get(factor) or FACTORS[factor]}
        for level in weights:
            if level not in known:
                raise StudyError(
                    f"no scenario of the study has the level '{level}' of '{factor}', so its weight weighs"
                    " nothing; leave it out.",
                    place=("factors", factor, level),
                )
