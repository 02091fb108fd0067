"""Estimates with their sign turned."""

from __future__ import annotations

from dataclasses import replace

from gyges.records.estimates import Estimate


def turn(estimate: Estimate, sign: int, offset: float = 0.0) -> Estimate:
    """The estimate of offset + sign × what it is about."""

    def bounds(low: float | None, high: float | None) -> tuple[float | None, float | None]:
        values = [None if x is None else offset + sign * x for x in (low, high)]
        return (values[0], values[1]) if sign > 0 else (values[1], values[0])

    low, high = sorted((offset + sign * estimate.low, offset + sign * estimate.high))
    prediction = bounds(estimate.prediction_low, estimate.prediction_high)
    worst = bounds(estimate.worst_low, estimate.worst_high)
    units = []
    for unit in estimate.units:
        unit_worst = bounds(unit.worst_low, unit.worst_high)
        units.append(
            replace(
                unit,
                estimate=offset + sign * unit.estimate,
                worst_low=unit_worst[0],
                worst_high=unit_worst[1],
            )
        )
    return replace(
        estimate,
        estimate=offset + sign * estimate.estimate,
        low=low,
        high=high,
        prediction_low=prediction[0],
        prediction_high=prediction[1],
        worst_low=worst[0],
        worst_high=worst[1],
        units=tuple(units),
    )
