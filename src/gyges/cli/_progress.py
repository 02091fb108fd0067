"""How far a run is, in words: the same for the display while it runs and for `gyges status`."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gyges.records.progress import Progress


def say_rest(progress: Progress) -> str:
    """Say failures, tokens, cost, rate and time left."""
    parts = [f"{progress.failed} failed", say_cost(progress)]
    if progress.state == "running" and progress.phase == "judging":
        parts.append(f"{progress.judging.done} readings by judges, {progress.judging.failed} failed")
    elif progress.state == "running" and progress.rate:
        parts.append(f"{progress.rate:.0f} a minute")
        if progress.seconds_left:
            parts.append(f"{say_duration(progress.seconds_left)} left")
    return ", ".join(parts)


def say_cost(progress: Progress) -> str:
    """Say tokens and cost, and what is left of the budget."""
    from gyges.records.budget import say_amount, say_unit

    cost = "cost not known" if progress.usd is None else f"${progress.usd:.2f}"
    said = f"{progress.tokens:,} tokens, {cost}"
    budget, left = progress.budget, progress.budget_left
    if budget is None or left is None:
        return said
    return (
        f"{said}, {say_amount(budget, left)} of {say_amount(budget, budget.amount)} {say_unit(budget)} left"
    )


def say_duration(seconds: float) -> str:
    """Say a time in the two units that matter."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    if days:
        return f"{days} d {hours} h"
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
