"""Items of a battery as scenes: one situation and two options, with every word final."""

from __future__ import annotations

import random
from dataclasses import dataclass
from functools import lru_cache

from gyges.errors import ScenarioError, unknown_name
from gyges.records.battery import Battery, Item
from gyges.records.mistakes import Mistake, say_mistake
from gyges.records.scenario import Person, Scene
from gyges.records.seeds import derive_seed
from gyges.scenarios._item_faults import find_battery_faults
from gyges.scenarios._same import Same
from gyges.scenarios._surface import draw_dates, shorten, slug
from gyges.scenarios._templates import Compiled, Name, compile_texts
from gyges.utility import open_sides

Values = dict[Name, str]


def render_item(battery: Battery, item: str, variant: int) -> Scene:
    """Render an item as a scene; the variant decides its wording, names and dates.

    Args:
        battery: The battery that holds it.
        item: Id of the item.
        variant: Variants one after the other take the wordings in turn, so that each is met equally often.

    Raises:
        ScenarioError: The battery has no such item, or cannot be used.
    """
    plan = plan_item(battery, item)
    values = draw_values(plan, variant)
    system, question, *texts = plan.texts.render(values)
    n = len(plan.item.situation)
    sides = _turn(plan, "options", variant) % len(plan.item.options[0].text)
    options = _split(plan.item, texts[n:])
    return Scene.model_construct(
        scenario=battery.id,
        setting=item,
        cell=dict(plan.item.cell),
        conflict="present",
        variant=variant,
        organization=values["org",],
        agent=_make_agent(values),
        people=(),
        roles=(),
        system=system.strip(),
        brief=texts[_turn(plan, "situation", variant) % n].strip(),
        question=question.strip(),
        turns=1,
        tools={},
        documents=(),
        happenings=(),
        reactions=(),
        controls=(),
        ballots=(),
        task=None,
        acts=tuple(
            side.model_copy(update={"option": found[sides].strip()})
            for side, found in zip(open_sides(plan.item), options, strict=True)
        ),
    )


@dataclass(frozen=True)
class ItemPlan:
    """One item of a battery, compiled."""

    battery: Battery
    item: Item
    wording: Compiled
    """All wordings, slot by slot."""
    texts: Compiled
    """System prompt, question, situations, and the options side by side."""

    def dice(self, variant: int, *what: object) -> random.Random:
        """Give the randomness of one draw, by the name of what is drawn."""
        return random.Random(  # noqa: S311 - surface variants, no secret
            derive_seed(variant, self.battery.id, self.item.id, *what)
        )


def plan_item(battery: Battery, item: str) -> ItemPlan:
    """Compile one item, or give the plan made before.

    Raises:
        ScenarioError: The battery has no such item, or cannot be used.
    """
    plans = _plan_all(Same(battery))
    if item not in plans:
        # The list of all items would be a page; the nearest is enough.
        message = unknown_name("item", item, plans).partition(" Known:")[0]
        raise ScenarioError(f"{battery.id}: {message}")
    return plans[item]


@lru_cache(maxsize=16)
def _plan_all(same: Same[Battery]) -> dict[str, ItemPlan]:
    battery = same.value
    faults = find_battery_faults(battery)
    if faults:
        raise ScenarioError(f"{battery.id}: {say_mistake(Mistake(*faults[0]), battery)}")
    wording = compile_texts([text.strip() for texts in battery.wording.values() for text in texts])
    return {
        item.id: ItemPlan(
            battery,
            item,
            wording,
            compile_texts(
                [
                    battery.system,
                    battery.question,
                    *item.situation,
                    *(text for side in item.options for text in side.text),
                ]
            ),
        )
        for item in battery.items
    }


def draw_values(plan: ItemPlan, variant: int) -> Values:
    """Give what a variant draws, by the name that templates use."""
    battery = plan.battery
    organization = plan.dice(variant, "organization").choice(battery.organizations)
    values: Values = {
        ("org",): organization,
        ("org_short",): shorten(organization),
        ("agent", "name"): plan.dice(variant, "agent").choice(battery.agent_names),
    }
    values |= {("d", name): text for name, text in draw_dates(plan.dice(variant, "date")).items()}
    rendered = iter(plan.wording.render(values))
    for slot, texts in battery.wording.items():
        found = [next(rendered) for _ in texts]
        values["w", slot] = plan.dice(variant, "w", slot).choice(found)
    return values


def _turn(plan: ItemPlan, what: str, variant: int) -> int:
    """Number the turn that a variant has among the wordings of one thing; every item begins elsewhere."""
    return variant + derive_seed(0, plan.battery.id, plan.item.id, what) % 1000


def _split(item: Item, texts: list[str]) -> list[list[str]]:
    n = len(item.options[0].text)
    return [texts[:n], texts[n:]]


def _make_agent(values: Values) -> Person:
    name = values["agent", "name"]
    domain = slug(shorten(values["org",]))
    return Person(id="agent", name=name, title="AI system", email=f"{slug(name)}@{domain}.internal", about="")
