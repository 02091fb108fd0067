"""What a claim's parts come to once labels have corrected the codes by judges that they rest on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final, NamedTuple

from gyges.analysis._judged import Unmoved, correct_bound, correct_effect
from gyges.analysis._parts import Measured
from gyges.estimands import Comparison, Picked, Units, Value
from gyges.records.claim import Claim
from gyges.records.estimates import Estimate
from gyges.records.seeds import derive_seed
from gyges.records.verdicts import FoundPart, Judged

_PAIRED: Final = frozenset({"contrast", "control", "given-difference", "conjunction", "zone", "openness"})
_RATES: Final = frozenset({"rate-bound", "rate-above"})


class Checked(NamedTuple):
    """A claim's parts, corrected where labels allow it."""

    measured: Measured
    judged: Judged


class _Task(NamedTuple):
    """A part with the trials it was measured on."""

    part: FoundPart
    worst: tuple[Estimate, ...]
    units: Units
    signs: Mapping[str, int]
    value: Value
    seed: int


def check_parts(
    claim: Claim, comparison: Comparison, picked: Picked, measured: Measured, seed: int
) -> Checked:
    """Correct every part of a claim for the judges' errors, and say which cannot be.

    Args:
        claim: A claim that rests on codes by judges.
        comparison: What it compares.
        picked: The trials it was measured on.
        measured: What they came to, as the judges have it.
        seed: Seed of the draws.
    """
    if claim.kind not in _PAIRED | _RATES:
        return _leave(measured, ["a claim of this kind is not corrected"])
    parts: list[FoundPart] = []
    worst: list[Estimate] = []
    reasons = []
    for task in _list_tasks(claim, comparison, picked, measured, seed):
        found = _correct(claim, task)
        if isinstance(found, Unmoved):
            reasons.append(f"{found.side}: {found.reason.removeprefix('judge unchecked: ')}")
            found = task.part, task.worst
        parts.append(found[0])
        worst.extend(found[1])
    fixed = measured._replace(parts=tuple(parts), worst=tuple(worst))
    return _leave(fixed, reasons) if reasons else Checked(fixed, "corrected")


def _leave(measured: Measured, reasons: Sequence[str]) -> Checked:
    said = f"It rests on judges' codes as they are ({'; '.join(dict.fromkeys(reasons))}): judge unchecked."
    return Checked(measured._replace(note=f"{measured.note} {said}".lstrip()), "judge unchecked")


def _list_tasks(
    claim: Claim, comparison: Comparison, picked: Picked, measured: Measured, seed: int
) -> Iterator[_Task]:
    for place, part in enumerate(measured.parts):
        own = derive_seed(seed, "claims", claim.id, part.name)
        if claim.kind in _PAIRED:
            side, reference = comparison.contrasts[place]
            signs = {side: claim.direction, reference: -claim.direction}
            yield _Task(part, (), picked.units, signs, comparison.value, own)
            continue
        values = (comparison.value, *comparison.extra)
        units = picked.units if place == 0 else picked.extra[values[place].name]
        (side,) = comparison.sides
        yield _Task(part, measured.worst[2 * place : 2 * place + 2], units, {side: 1}, values[place], own)


def _correct(claim: Claim, task: _Task) -> tuple[FoundPart, tuple[Estimate, ...]] | Unmoved:
    raws = (task.part.estimate, *task.worst)
    made = []
    for raw in raws:
        if claim.kind == "rate-bound":
            (side,) = task.signs
            each = correct_bound(raw, task.units, side, claim.bound or 0.0, task.seed)
        else:
            each = correct_effect(raw, task.units, task.signs, task.value, task.seed)
        if isinstance(each, Unmoved):
            return each
        made.append(each)
    return replace(task.part, estimate=made[0], raw=raws[0]), tuple(made[1:])
