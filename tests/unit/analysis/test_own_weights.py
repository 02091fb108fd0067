"""A scenario's own weights: used where scenarios differ, never touched by the trials they predict."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from gyges.agents import load_profile
from gyges.analysis._own_weights import FOLDS, OwnWeights, fit_own, name_cell
from gyges.analysis._weights import fit_weights
from gyges.claims import load_claims
from gyges.design import load_study, make_plan
from gyges.estimands import ChoiceTable, foresee_choices
from gyges.records.words import CONFLICT, FACTORS
from gyges.scenarios import load_batteries, load_library
from gyges.utility import TERMS, Choices, find_losses, find_shares

LIBRARY = load_library()
N_ACTS = {name: len(each.acts) for name, each in LIBRARY.items()}


def _choose(spread: float, seed: int) -> tuple[ChoiceTable, np.ndarray]:
    """Choices at the core study's size by weights that differ from one scenario to the next by `spread`."""
    study = load_study("core")
    plan = make_plan(study, LIBRARY, claims=load_claims(), batteries=load_batteries())
    table = foresee_choices(plan.table, LIBRARY, min_trials=20)
    assert table is not None
    rng = np.random.default_rng(seed)
    profile = load_profile("insight-profile")
    shared = np.array([profile.weights.get(term, 0.0) for term in TERMS])
    weights = shared * (1 + spread * rng.standard_normal((len(table.scenarios), len(TERMS))))
    shares = np.stack(
        [
            find_shares(table.choices.take(np.arange(len(table.scenario)) == i), weights[place])[0]
            for i, place in enumerate(table.scenario)
        ]
    )
    totals = np.round(table.choices.totals).astype(np.int64)
    counts = rng.multinomial(totals, shares / shares.sum(axis=1, keepdims=True)).astype(float)
    return replace(table, choices=replace(table.choices, counts=counts)), shares


def _fit(table: ChoiceTable) -> dict[str, OwnWeights]:
    return fit_own(table, fit_weights(table), N_ACTS)


def _find_loss(table: ChoiceTable, own: dict[str, OwnWeights] | None, without: np.ndarray) -> float:
    """Log loss of every scenario's choices, predicted from elsewhere or by its own weights."""
    loss = 0.0
    for place, name in enumerate(table.scenarios):
        for i in np.flatnonzero(table.scenario == place):
            one = table.choices.take(np.arange(len(table.scenario)) == i)
            if own is None:
                loss += float(find_losses(one, find_shares(one, without[place])).sum())
                continue
            (fold,) = own[name].place([_cell(table, int(i))])
            constants = own[name].constants[fold][np.maximum(table.places[i], 0)][None]
            known = Choices(one.features, one.is_open, one.counts, known=constants)
            loss += float(find_losses(one, find_shares(known, own[name].weights[fold])).sum())
    return loss


def _cell(table: ChoiceTable, i: int) -> tuple[str, ...]:
    return name_cell(table.levels[CONFLICT][i], [table.levels[name][i] for name in FACTORS])


@pytest.mark.slow
def test_scenarios_that_share_a_policy_have_nothing_of_their_own() -> None:
    """Where one set of weights holds everywhere, every scenario is predicted by the others' weights."""
    table, _ = _choose(0.0, 1)
    own = _fit(table)
    assert not any(each.constants.any() for each in own.values())
    without = fit_weights(table).without
    for place, name in enumerate(table.scenarios):
        assert own[name].weights == pytest.approx(np.tile(without[place], (FOLDS, 1)))


@pytest.mark.slow
def test_scenarios_that_differ_are_predicted_by_themselves() -> None:
    """Where weights differ by scenario, own weights predict held-out cells better by far."""
    table, shares = _choose(1.0, 1)
    least = float(find_losses(table.choices, shares).sum())
    without = fit_weights(table).without
    elsewhere, own = _find_loss(table, None, without), _find_loss(table, _fit(table), without)
    assert own - least < 0.5 * (elsewhere - least)


@pytest.mark.slow
def test_no_trial_has_a_part_in_its_own_prediction() -> None:
    """What is chosen in one fold of a scenario does not move the weights that predict this fold."""
    table, _ = _choose(1.0, 2)
    name = table.scenarios[0]
    own = _fit(table)
    here = [i for i in np.flatnonzero(table.scenario == 0) if own[name].place([_cell(table, int(i))])[0] == 3]
    counts = table.choices.counts.copy()
    for i in here:
        n_open = int(table.choices.is_open[i].sum())
        counts[i, :n_open] = np.roll(counts[i, :n_open], 1)
    again = _fit(replace(table, choices=replace(table.choices, counts=counts)))
    assert again[name].weights[3] == pytest.approx(own[name].weights[3])
    assert again[name].constants[3] == pytest.approx(own[name].constants[3])
    assert again[name].weights[2] != pytest.approx(own[name].weights[2])


def test_a_cell_without_choices_is_predicted_all_the_same() -> None:
    """A trial that was lost, or chose no act, has an expectation too."""
    own = OwnWeights({("present", "high"): 2}, np.zeros((FOLDS, 1)), np.zeros((FOLDS, 1)))
    assert own.place([("present", "high"), ("present", "low")]).tolist() == [2, 0]
