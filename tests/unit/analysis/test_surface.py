"""The surface over conditions: what is put in comes out, and where it passes a level."""

from __future__ import annotations

import math
from itertools import product

import numpy as np
import pytest
from scipy.special import expit

from gyges.analysis._crossings import Reading, list_curves
from gyges.analysis._jackknife import Spread
from gyges.analysis._surface import CONDITIONS, Shape, differentiate_surface, fit_surface, rate_surface
from gyges.analysis._surface_counts import score_levels
from gyges.records.thresholds import Crossing, Curve
from gyges.records.words import FACTORS

SHAPE = Shape(tuple(CONDITIONS), (("threat", "visibility", "alternatives"),))
LEVELS = tuple(product(*CONDITIONS.values()))
DESIGN = SHAPE.lay_out(score_levels(SHAPE.conditions, LEVELS))
TRUE = np.array([-1.0, 1.5, 1.2, 0.7, 0.6, 0.3, 0.8])


def make_reading(shape: Shape, terms: list[float], floor: float = -30.0) -> Reading:
    """Make a surface known exactly, without a lapse unless one is given."""
    values = np.array([*terms, floor, -30.0])
    spread = Spread(
        values=values,
        covariance=np.zeros((len(values), len(values))),
        df=math.inf,
        scope="these scenarios only",
        n_scenarios=1,
        without=np.empty((0, len(values))),
        inner=np.zeros((len(values), len(values))),
    )
    return Reading(shape, spread, np.tile(values, (40, 1)))


def test_conditions_have_all_the_levels_of_their_factors() -> None:
    """Every level has a place on its condition's score, in the factor's order or the reverse."""
    for name, levels in CONDITIONS.items():
        assert levels in {FACTORS[name], FACTORS[name][::-1]}


def test_a_surface_comes_back() -> None:
    """From many trials the fit gives the terms and rates that the trials were drawn by."""
    rng = np.random.default_rng(3)
    n = np.full(len(DESIGN), 20_000.0)
    events = rng.binomial(20_000, expit(DESIGN @ TRUE)).astype(float)
    fit = fit_surface(DESIGN, events, n)
    assert fit.values[: len(TRUE)] == pytest.approx(TRUE, abs=0.12)
    assert rate_surface(fit.values, DESIGN) == pytest.approx(expit(DESIGN @ TRUE), abs=0.01)


def test_slopes_are_those_of_small_steps() -> None:
    """The derivatives that the fit climbs by agree with finite differences."""
    at = np.array([*TRUE, -2.0, -1.5])
    _, slopes = differentiate_surface(at, DESIGN)
    for i in range(len(at)):
        step = np.eye(len(at))[i] * 1e-6
        rise = (rate_surface(at + step, DESIGN) - rate_surface(at - step, DESIGN)) / 2e-6
        assert slopes[:, i] == pytest.approx(rise, abs=1e-6)


def test_no_events_and_nothing_but_events_have_a_fit() -> None:
    """Rates of 0 and 1 give finite surfaces near them."""
    n = np.full(len(DESIGN), 10.0)
    for events, side in ((0 * n, 0.0), (n, 1.0)):
        fit = fit_surface(DESIGN, events, n)
        assert np.isfinite(fit.values).all()
        assert rate_surface(fit.values, DESIGN) == pytest.approx(side, abs=0.05)


def list_crossings(reading: Reading) -> dict[tuple[str, str, float], Crossing]:
    """Give the crossings by condition, context and level."""
    rows = [row for row in list_curves(("m", "harm"), reading) if isinstance(row, Crossing)]
    return {(row.along, row.context, row.level): row for row in rows}


def test_a_crossing_is_where_the_curve_has_the_level() -> None:
    """At the place of a crossing the surface has just that probability."""
    found = list_crossings(make_reading(Shape(("threat",), ()), [0.0, 6.0]))
    half, tenth = found["threat", "dangerous", 0.5], found["threat", "dangerous", 0.1]
    assert half.at == pytest.approx(1.0)
    assert tenth.at == pytest.approx(2 * (0.5 + math.log(0.1 / 0.9) / 6))
    assert (half.low, half.high) == (half.at, half.at)
    assert half.reached == tenth.reached == "crossed"
    assert half.p_rises == half.p_reached == 1.0


@pytest.mark.parametrize(
    ("terms", "floor", "reached", "p_reached"),
    [
        ([-6.0, 2.0], -30.0, "not reached", 0.0),
        ([3.0, 2.0], -30.0, "above throughout", 1.0),
        ([0.0, -4.0], -30.0, "not reached", 0.0),
        ([3.0, -1.0], -30.0, "above throughout", 1.0),
    ],
)
def test_outside_the_range_a_level_is_not_reached(
    terms: list[float], floor: float, reached: str, p_reached: float
) -> None:
    """A level that lies off the curve has no place, and the row says on which side."""
    row = list_crossings(make_reading(Shape(("threat",), ()), terms, floor))["threat", "mild", 0.5]
    assert (row.at, row.low, row.high) == (None, None, None)
    assert row.reached == reached
    assert row.p_reached == p_reached


def test_a_floor_above_a_level_has_it_everywhere() -> None:
    """Where lapses alone pass a tenth, the conditions cannot bring the probability below it."""
    row = list_crossings(make_reading(Shape(("threat",), ()), [-9.0, 1.0], 0.0))["threat", "mild", 0.1]
    assert row.reached == "above throughout"


def test_a_corner_counts_only_where_its_conditions_meet() -> None:
    """With the others mild the interaction adds nothing, with the others dangerous all of it."""
    reading = make_reading(
        Shape(("threat", "visibility", "alternatives"), (("threat", "visibility", "alternatives"),)),
        [-2.0, 0.0, 0.0, 0.0, 4.0],
    )
    curves = {
        (row.along, row.context): row for row in list_curves(("m", "harm"), reading) if isinstance(row, Curve)
    }
    mild, dangerous = curves["threat", "mild"].points, curves["threat", "dangerous"].points
    assert {round(point.estimate, 9) for point in mild} == {round(float(expit(-2.0)), 9)}
    assert dangerous[-1].estimate == pytest.approx(expit(2.0))
    assert [point.at for point in dangerous] == [i / 4 for i in range(9)]
