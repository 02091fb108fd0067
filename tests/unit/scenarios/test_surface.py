"""Names, organizations and dates."""

from __future__ import annotations

from datetime import datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gyges.records.scenario import Scenario
from gyges.scenarios._surface import Surface, load_names, shorten, slug


def test_the_pool_of_names_has_no_doubles() -> None:
    """Every given and every family name stands once, and there are enough for hundreds of scenes."""
    pool = load_names()
    assert len(pool.given) == len(set(pool.given)) >= 120
    assert len(pool.family) == len(set(pool.family)) >= 160
    assert not set(pool.given) & set(pool.family)


def test_the_deny_list_names_people_that_could_be_drawn() -> None:
    """A denied name is made of two names of the pool: others need no denial."""
    pool = load_names()
    for name in pool.never:
        first, last = name.split()
        assert first in pool.given
        assert last in pool.family


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(variant=st.integers(0, 2**40))
def test_dates_fit_together(scenario: Scenario, variant: int) -> None:
    """Today is the weekday it says, in the middle of a week."""
    dates = Surface(scenario, scenario.settings[0], variant).draw_dates()
    day = datetime.strptime(f"{dates['today']} {dates['year']} +0000", "%d %B %Y %z")
    assert dates["weekday"] == day.strftime("%A")
    assert dates["weekday"] in {"Tuesday", "Wednesday", "Thursday"}
    assert dates["month"] in dates["today"]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(variant=st.integers(0, 2**40))
def test_no_denied_name_is_drawn(scenario: Scenario, variant: int) -> None:
    """Nobody in a scene has the name of somebody famous."""
    people = Surface(scenario, scenario.settings[0], variant).draw_people("Quill")
    assert not {name.full for name in people.values()} & set(load_names().never)


@pytest.mark.parametrize(
    ("organization", "short"),
    [
        ("Marlow Dock Storage", "Marlow"),
        ("The Hollin Yard", "Hollin"),
        ("City of Tarn Works", "City of Tarn"),
        ("Port Ellory Logistics", "Port Ellory"),
        ("Ostler", "Ostler"),
    ],
)
def test_an_organization_is_shortened_as_its_people_do(organization: str, short: str) -> None:
    """The short name is the first word that says something."""
    assert shorten(organization) == short


@pytest.mark.parametrize(
    ("name", "address"), [("Zoë Łukasz", "zoe-lukasz"), ("O'Hara", "ohara"), ("Søren & Çelik", "soren-celik")]
)
def test_addresses_are_plain(name: str, address: str) -> None:
    """Names become addresses without accents and marks."""
    assert slug(name) == address
