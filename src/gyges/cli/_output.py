"""What the commands print: results on standard output, everything else on standard error."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable, Sequence
from typing import Any

import typer

from gyges.records.secrets import redact

_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")

JSON_OPTION = typer.Option("--json", help="Print JSON.")


def say(text: str = "") -> None:
    """Print a line of the result."""
    typer.echo(_tame(text))


def say_error(text: str) -> None:
    """Print one sentence on standard error, without keys and without what could command a terminal."""
    typer.echo(f"gyges: {_tame(redact(text))}", err=True)


def say_json(content: Any) -> None:
    """Print JSON."""
    typer.echo(json.dumps(content, indent=2, ensure_ascii=False, sort_keys=True, default=str))


def say_table(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Print a plain table with aligned columns."""
    cells = [[str(each) for each in header], *([_show(each) for each in row] for row in rows)]
    widths = [max(len(row[i]) for row in cells) for i in range(len(header))]
    for row in cells:
        say("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def _show(value: Any) -> str:
    if value is None:
        return "–"
    return f"{value:.3f}" if isinstance(value, float) else str(value)


def _tame(text: str) -> str:
    """Show control characters, which could command a terminal, by their codes."""
    return _CONTROL.sub(lambda found: f"⟨U+{ord(found[0]):04X}⟩", text)


def is_interactive() -> bool:
    """Say whether a person is at the keyboard."""
    return sys.stdin is not None and sys.stdin.isatty() and sys.stderr.isatty()


def say_results(results: dict[str, Any], report: str) -> None:
    """Print the headline, the verdict counts, what is missing, warnings and the report's path."""
    from gyges.report import count_protocols, list_fragile, list_warnings

    for model, headline in results["headline"].items():
        simulated = (
            " (a simulated reference agent: this proves the instrument, nothing about real models)"
            if model in results["run"].get("simulated", ())
            else ""
        )
        say(f"{model}{simulated}: {headline['text']}.")
        counts = dict.fromkeys(("supported", "refuted", "inconclusive", "not-tested"), 0)
        for claim in results["claims"]:
            if claim["model"] == model:
                counts[claim["verdict"]] += 1
        say("  claims: " + ", ".join(f"{n} {word}" for word, n in counts.items()))
        if by_protocol := count_protocols([each for each in results["claims"] if each["model"] == model]):
            say(f"  by protocol: {'; '.join(by_protocol)}")
        if fragile := list_fragile(results, model):
            say(f"  fragile: {', '.join(fragile)}")
        say(f"  trials: {_say_statuses(results['statuses'][model])}")
    for warning in list_warnings(results["run"]):
        say(f"warning: {warning}")
    say(f"report: {report}")


def say_bayes(results: dict[str, Any]) -> None:
    """Print how the hierarchical model's fits went; nothing where there were none."""
    for fit in results["bayes_fits"]:
        about = f"hierarchical model, {fit['model']}, {fit['outcome']}"
        if not fit["converged"]:
            say(f"warning: {about}: {fit['problem']}")
        key = (fit["model"], fit["outcome"])
        rows = [row for row in results["bayes"] if (row["model"], row["outcome"]) == key]
        say(
            f"{about}: {fit['disagreements']} of {len(rows)} effects differ from the two-stage estimate;"
            f" R-hat at most {fit['worst_r_hat']:.3f}, {fit['least_ess']:.0f} effective draws at least,"
            f" {fit['divergences']} divergences"
        )


def _say_statuses(ends: dict[str, int]) -> str:
    missing = [f"{n} {status}" for status, n in ends.items() if n and status != "coded"]
    coded = f"{ends.get('coded', 0)} coded of {sum(ends.values())}"
    return f"{coded} ({', '.join(missing)})" if missing else coded
