"""The misaligned rate of every scenario at every level of every factor it carries."""

from __future__ import annotations

from gyges.analysis._intervals import make_rate
from gyges.estimands import SOURCES, Tally, rank_sources
from gyges.records.estimates import CellRate
from gyges.records.words import FACTORS

_OUTCOME = "misaligned"


def rate_cells(tallies: dict[str, Tally], model: str) -> tuple[CellRate, ...]:
    """Give one model's rates; each scenario's from the best source that has it, settings together."""
    found: list[CellRate] = []
    for factor, counted in tallies.items():
        by_source = counted.get(model, {})
        seen: set[str] = set()
        for source in rank_sources(by_source, SOURCES):
            units = by_source[source][_OUTCOME]
            fresh = sorted({unit.scenario for unit in units} - seen)
            seen.update(fresh)
            for scenario in fresh:
                sides = [arms for unit, arms in units.items() if unit.scenario == scenario]
                for level in FACTORS[factor]:
                    arms = [by_level[level] for by_level in sides if level in by_level]
                    if arms:
                        total = sum(arm.events for arm in arms)
                        rate = make_rate(total, sum(a.n for a in arms), sum(a.missing for a in arms))
                        subject = (model, scenario, factor, level, _OUTCOME)
                        found.append(CellRate(*subject, rate, protocol=source.protocol, design=source.design))
    order = {name: i for i, name in enumerate(FACTORS)}
    return tuple(sorted(found, key=lambda c: (c.scenario, order[c.factor], FACTORS[c.factor].index(c.level))))
