"""The insights note, rewritten from the data in the note's own order of sections."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from gyges.records.claim import Claim
from gyges.report._again import list_flips
from gyges.report._claim_rows import VERDICTS
from gyges.report._claim_words import find_limit, say_beside, say_raw, say_why
from gyges.report._format import (
    Unit,
    escape_markdown,
    name_unit,
    say_count,
    say_percent,
    say_value,
    shown_numbers,
    unit_of,
)
from gyges.report._judges import tell_judges
from gyges.report._models import tell_contrasts
from gyges.report._outline import OUTLINE, SECTIONS
from gyges.report._reasons import tell_reasons
from gyges.report._tactics import tell_tactics
from gyges.report._thresholds import tell_thresholds
from gyges.report._trade_offs import tell_trade_offs
from gyges.report._validity import tell_trust
from gyges.report._values import tell_values
from gyges.report._views import is_simulated
from gyges.report._warnings import is_registered, list_warnings, warn_of_failures

SIMULATED: Final = "Simulated reference agent: proves the instrument, says nothing about a real model."

_Found = Mapping[str, Any]


def write_note(results: Mapping[str, Any], claims: Sequence[Claim]) -> str:
    """Write the note of a run, in Markdown.

    Args:
        results: The run's `results.json`.
        claims: The registered claims; a verdict on any other stands under its id, at the end.
    """
    by_section = _group(results, claims)
    blocks = [*_open(results)]
    for heading, sections in OUTLINE:
        blocks.append(f"## {heading}")
        if heading == "Executive Summary":
            blocks += _summarize(results)
            blocks += tell_judges(results)
            blocks += tell_contrasts(results)
            blocks += tell_trust(results)
        for section in sections:
            if section != heading:
                blocks.append(f"### {section}")
            blocks += _tell_section(by_section.get(section, []), results)
            blocks += tell_trade_offs(results, section)
            blocks += tell_values(results, section)
            blocks += tell_tactics(results, section)
            blocks += tell_thresholds(results, section)
            blocks += tell_reasons(results, section)
        if heading == "Conclusion":
            blocks += _conclude(results, claims)
    for section, found in by_section.items():
        if section not in SECTIONS:
            blocks += [f"## {escape_markdown(section)}", *_tell_section(found, results)]
    return "\n\n".join(blocks) + "\n"


def _group(
    results: Mapping[str, Any], claims: Sequence[Claim]
) -> dict[str, list[tuple[Claim | None, list[_Found]]]]:
    by_id: dict[str, list[_Found]] = {}
    for found in results["claims"]:
        by_id.setdefault(found["id"], []).append(found)
    grouped: dict[str, list[tuple[Claim | None, list[_Found]]]] = {}
    for claim in claims:
        if claim.id in by_id:
            grouped.setdefault(claim.section, []).append((claim, by_id.pop(claim.id)))
    for found in by_id.values():
        grouped.setdefault("Not in the registry", []).append((None, found))
    return grouped


def _open(results: Mapping[str, Any]) -> list[str]:
    simulated = [model for model in results["models"] if is_simulated(results, model)]
    blocks = ["# Model behavior in power-seeking experiments"]
    if simulated:
        blocks.append(f"> **{SIMULATED}** Simulated here: {_list(simulated)}.")
    run = results["run"]
    blocks += [
        f"> **{escape_markdown(warning)}**" for warning in (*list_warnings(run), *warn_of_failures(results))
    ]
    study = escape_markdown(str(run.get("study", "unnamed")))
    blocks.append(
        f"Study {study}: {results['n_trials']:,} trials of {_list(results['models']) or 'no model'}, of which"
        f" {results['n_coded']:,} are coded. {_say_fixed(run)}"
        " decided by rule; this note is rewritten from `results.json` and says what was done, never why."
    )
    return blocks


def _say_fixed(run: Mapping[str, Any]) -> str:
    if is_registered(run):
        return "Every statement below was fixed before the first trial and"
    return "Not every statement below was fixed before the first trial; each is"


def _summarize(results: Mapping[str, Any]) -> list[str]:
    lines = []
    for model in results["models"]:
        headline = results["headline"][model]
        share = headline["n_coded"] / headline["n_trials"] if headline["n_trials"] else None
        words = Counter(found["verdict"] for found in results["claims"] if found["model"] == model)
        lines.append(
            f"- **{escape_markdown(model)}**: {headline['text']}."
            f" {say_percent(share)} of its {headline['n_trials']:,} trials are coded."
            f" Claims: {_count(words)}."
        )
        lines += _tell_scenarios(results, model)
    return ["\n".join(lines)] if lines else []


def _tell_scenarios(results: Mapping[str, Any], model: str) -> list[str]:
    mine = [each for each in results["scenarios"] if each["model"] == model]
    return [
        f"  - {word}: "
        + ", ".join(
            f"{escape_markdown(each['id'])} {_say_rate(each['misaligned'])}"
            f" (matched control {_say_rate(each['control'])}, {escape_markdown(each['protocol'])},"
            f" n = {each['n']:,}{', few trials' if each['few_trials'] else ''})"
            for each in found
        )
        for word in ("misaligned", "unclear", "aligned")
        if (found := [each for each in mine if each["verdict"] == word and each["n"]])
    ]


def _say_rate(rate: Mapping[str, Any]) -> str:
    if rate["rate"] is None:
        return "not measured"
    worst = ""
    if rate["missing"]:
        worst = f", worst case {say_percent(rate['worst_low'])} to {say_percent(rate['worst_high'])}"
    return escape_markdown(f"{say_percent(rate['rate'])}{worst}")


def _tell_section(
    found: Sequence[tuple[Claim | None, list[_Found]]], results: Mapping[str, Any]
) -> list[str]:
    if not found:
        return ["No claim of this section was asked of this run."]
    many = len(results["models"]) > 1
    lines = []
    for claim, verdicts in found:
        name = ". ".join(map(escape_markdown, [verdicts[0]["id"], *([claim.statement] if claim else [])]))
        name = f"**{name}**"
        if many:
            lines.append(f"- {name}")
            lines += [f"  - {escape_markdown(each['model'])}: {_tell(claim, each)}" for each in verdicts]
        else:
            lines += [f"- {name} {_tell(claim, each)}" for each in verdicts]
    return ["\n".join(lines)]


def _tell(claim: Claim | None, found: _Found) -> str:
    """Say one verdict in a sentence or two."""
    if found["verdict"] == "not-tested":
        return f"*Not tested.* {escape_markdown(found['reason'])}"
    unit = unit_of(claim, found)
    why = escape_markdown(say_why(found, unit, find_limit(found, claim, unit, 0)))
    strength = {"strongly": ", strongly", "opposite": ", the opposite holds"}.get(found["strength"], "")
    fragile = (
        f" Fragile: flipped by {escape_markdown('; '.join(list_flips(found)))}." if found["fragile"] else ""
    )
    said = f"*{found['verdict'].capitalize()}{strength}.* {_tell_effect(claim, found)}{why}{fragile}"
    return f"{said}{_tell_judged(found, unit)}"


def _tell_judged(found: _Found, unit: Unit) -> str:
    """Say what labels made of codes by judges, and what judges say where the rules decide."""
    raw, beside = say_raw(found, unit), say_beside(found, unit)
    said = f" Labels corrected it; judges alone have {escape_markdown(raw)}." if raw else ""
    if found.get("judged") == "judge unchecked":
        said += " It rests on codes by judges: judge unchecked."
    return said + (f" Judges' own code for it: {escape_markdown(beside)}." if beside else "")


def _tell_effect(claim: Claim | None, found: _Found) -> str:
    if found["estimate"] is None:
        return ""
    unit = unit_of(claim, found)
    value, low, high = (say_value(number, unit) for number in shown_numbers(found))
    noun = _name_effect(claim, unit)
    about = f", {escape_markdown(str(found['protocol']))} trials" if found.get("protocol") else ""
    about += f", about {found['scope']}" if found["scope"] else ""
    words = value if unit == "scenarios" else f"{value} {name_unit(unit)}".rstrip()
    return f"{noun} {words} (95 % interval {low} to {high}; n = {say_count(found['n'])}{about}). "


_IN_PARTS = {
    *("conjunction", "inactive", "slope", "dose", "convergence", "order"),
    *("trade-share", "trade-gap", "hierarchy"),
}


def _name_effect(claim: Claim | None, unit: Unit) -> str:
    if claim and unit in {"points", "rungs", "odds", "log-odds"} and (claim.also or claim.kind in _IN_PARTS):
        return "Its weakest part is"
    if claim and claim.kind == "prediction":
        return "The gain of log loss is"
    if claim and claim.kind == "overdispersion":
        return "The standard deviation over wordings is"
    return {
        "points": "The difference is",
        "rate": "The rate is",
        "rungs": "The rise is",
        "scenarios": "The count of scenarios is",
        "odds": "The odds are",
        "log-odds": "The worth is",
        "number": "The number is",
    }[unit]


def _conclude(results: Mapping[str, Any], claims: Sequence[Claim]) -> list[str]:
    """Say what stands, what fell and what is open, from the verdicts alone."""
    by_id = {claim.id: claim for claim in claims}
    blocks = []
    for model in results["models"]:
        mine = [found for found in results["claims"] if found["model"] == model]
        lines = [f"Taken together, for {escape_markdown(model)}:", ""]
        for word, lead in (
            ("supported", "What the data support"),
            ("refuted", "What the data speak against"),
            ("inconclusive", "What these trials could not settle"),
        ):
            said = [_state(by_id.get(found["id"]), found) for found in mine if found["verdict"] == word]
            lines.append(f"- {lead}: {'; '.join(said) or 'nothing'}.")
        untested = sum(found["verdict"] == "not-tested" for found in mine)
        lines.append(f"- Not tested in this run: {untested} of {len(mine)} claims.")
        blocks.append("\n".join(lines))
    return blocks


def _state(claim: Claim | None, found: _Found) -> str:
    statement = claim.statement.rstrip(".") if claim else ""
    return escape_markdown(f"{statement} ({found['id']})".strip())


def _count(words: Mapping[str, int]) -> str:
    return ", ".join(f"{words.get(word, 0)} {word.replace('-', ' ')}" for word in VERDICTS)


def _list(names: Iterable[str]) -> str:
    return "; ".join(map(escape_markdown, names))
