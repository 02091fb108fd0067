"""How often each level is drawn, and whether a study names factors and levels that exist."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType

from gyges.errors import StudyError, unknown_name
from gyges.records.reading import parse_yaml
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
    for factor in (*study.factors, *(name for name in study.vary if name != "all")):
        if factor not in FACTORS:
            raise StudyError(unknown_name("factor", factor, FACTORS))
    for factor, weights in study.factors.items():
        for level in weights:
            if level not in FACTORS[factor]:
                raise StudyError(unknown_name(f"level of '{factor}'", level, FACTORS[factor]))
    _check_parts(study)
    names = [model.name for model in study.models]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise StudyError(f"model '{twice[0]}' stands twice; each model is named once.")


def _check_parts(study: Study) -> None:
    if not study.design:
        raise StudyError("the study's design is empty; it needs at least one part, such as 'conjoint'.")
    for part in study.design:
        if part.kind in {"battery", "last-resort"} and part.protocol != "choice":
            raise StudyError(
                f"the '{part.kind}' part has the protocol '{part.protocol}'; its trials are choices: give it"
                " `protocol: choice`."
            )
    total = sum(part.share for part in study.design)
    if abs(total - 1) > _TOLERANCE:
        raise StudyError(f"the shares of the design's parts add up to {total:g}; they must add up to 1.")
