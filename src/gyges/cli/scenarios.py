"""`gyges scenarios [list|show ID|check [PATH]|new ID]`: the library of scenarios and batteries."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gyges.cli._output import JSON_OPTION, say, say_error, say_json, say_table
from gyges.errors import InputError, ScenarioError

if TYPE_CHECKING:
    from gyges.records.battery import Battery
    from gyges.records.scenario import Scenario

app = typer.Typer(help="List, show, check and begin scenarios.", rich_markup_mode=None, no_args_is_help=False)


def register(root: typer.Typer) -> None:
    """Add the command."""
    root.add_typer(app, name="scenarios")


@app.callback(invoke_without_command=True)
def _default(context: typer.Context) -> None:
    if context.invoked_subcommand is None:
        list_scenarios(as_json=False)


@app.command("list")
def list_scenarios(as_json: Annotated[bool, JSON_OPTION] = False) -> None:
    """List the scenarios and the batteries."""
    from gyges.scenarios import load_batteries, load_library

    library = [each for _, each in sorted(load_library().items())]
    batteries = [each for _, each in sorted(load_batteries().items())]
    if as_json:
        say_json([*map(_describe, library), *map(_describe_battery, batteries)])
        return
    rows: list[tuple[Any, ...]] = [
        (
            *(each.id, "scenario", each.opportunity),
            *(len(each.settings), len(each.factors), len(each.acts), each.title),
        )
        for each in library
    ]
    rows += [(each.id, "battery", None, len(each.items), None, 2, each.title) for each in batteries]
    say_table(("id", "kind", "opportunity", "settings", "factors", "acts", "title"), rows)


def _describe_battery(battery: Battery) -> dict[str, Any]:
    return {
        "id": battery.id,
        "kind": "battery",
        "title": battery.title,
        "families": list(dict.fromkeys(item.family for item in battery.items)),
        "items": [item.id for item in battery.items],
    }


def _describe(scenario: Scenario) -> dict[str, Any]:
    return {
        "id": scenario.id,
        "kind": "scenario",
        "title": scenario.title,
        "opportunity": scenario.opportunity,
        "settings": [setting.id for setting in scenario.settings],
        "factors": list(scenario.factors),
        "acts": [act.id for act in scenario.acts],
    }


@app.command("show")
def show_scenario(
    scenario: Annotated[str, typer.Argument(help="Id of a scenario or battery, or a file.")],
    cell: Annotated[str, typer.Option(help="Levels that differ from the base, as factor=level,…")] = "",
    setting: Annotated[str | None, typer.Option(help="Setting or item; the default is the first.")] = None,
    variant: Annotated[int, typer.Option(min=0, help="Surface variant.")] = 0,
    protocol: Annotated[str, typer.Option(help="agentic, text or choice.")] = "text",
    control: Annotated[bool, typer.Option("--control", help="The matched control.")] = False,
    as_json: Annotated[bool, JSON_OPTION] = False,
) -> None:
    """Show exactly what a model sees in one cell, or in one item of a battery."""
    from gyges.cli._showing import show_messages, stage
    from gyges.errors import unknown_name
    from gyges.records.words import PROTOCOLS

    if protocol not in PROTOCOLS:
        raise InputError(unknown_name("protocol", protocol, PROTOCOLS))
    trial, scene = stage(scenario, cell=cell, setting=setting, variant=variant, control=control)
    if trial.design != "battery":
        trial = trial.model_copy(update={"protocol": protocol})
    messages = show_messages(trial, scene)
    if as_json:
        say_json({"scene": scene.model_dump(mode="json"), "messages": messages})
        return
    for message in messages:
        say(f"--- {message['role']} ---\n{message['text']}\n")
    if trial.protocol == "agentic":
        say("--- acts (not shown to the model) ---")
        say_table(("act", "tactic", "against"), [(act.id, act.tactic, act.against) for act in scene.acts])


@app.command("check")
def check_scenarios(
    path: Annotated[Path | None, typer.Argument(help="A file or a folder; none: the library.")] = None,
    as_json: Annotated[bool, JSON_OPTION] = False,
) -> None:
    """Check scenarios and batteries against every rule of the suite; problems end with exit code 2."""
    from gyges.scenarios import check_battery, check_scenario

    found, batteries = _find_files(path)
    problems = [(each.id, problem) for each in found for problem in check_scenario(each)]
    problems += [(each.id, problem) for each in batteries for problem in check_battery(each)]
    counts = " and ".join(
        _count(len(each), word) for each, word in ((found, "scenario"), (batteries, "battery")) if each
    )
    if as_json:
        say_json(
            [{"scenario": name, "where": each.where, "message": each.message} for name, each in problems]
        )
    for name, each in () if as_json else problems:
        say(f"{name}: {each.where}: {each.message}")
    if problems:
        say_error(f"{_count(len(problems), 'problem')} in {counts}.")
        raise typer.Exit(2)
    if not as_json:
        say(f"{counts}, no problem.")


def _find_files(path: Path | None) -> tuple[list[Scenario], list[Battery]]:
    from gyges.scenarios import is_battery_file, load_batteries, load_battery, load_library, load_scenario

    if path is None:
        return list(load_library().values()), list(load_batteries().values())
    files = sorted((*path.glob("*.yaml"), *path.glob("batteries/*.yaml"))) if path.is_dir() else [path]
    if not files:
        raise ScenarioError(f"{path}: holds no scenario file (*.yaml).")
    holding = {file: is_battery_file(file) for file in files}
    scenarios = [load_scenario(file) for file in files if not holding[file]]
    return scenarios, [load_battery(file) for file in files if holding[file]]


@app.command("new")
def new(
    scenario: Annotated[str, typer.Argument(help="Id of the new scenario.")],
    folder: Annotated[Path, typer.Option(help="Where to write it.")] = Path(),
) -> None:
    """Begin a scenario: a file that passes the check, to be rewritten."""
    from gyges.scenarios import new_scenario

    text = new_scenario(scenario)
    target = folder / f"{scenario}.yaml"
    if target.exists():
        raise ScenarioError(f"{target}: is there already.")
    folder.mkdir(parents=True, exist_ok=True)
    target.write_text(text, encoding="utf-8")
    say(str(target))


def _count(n: int, word: str) -> str:
    plural = "batteries" if word == "battery" else f"{word}s"
    return f"{n} {word if n == 1 else plural}"
