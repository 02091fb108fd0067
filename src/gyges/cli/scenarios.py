"""`gyges scenarios [list|show ID|check [PATH]|new ID]`: the library of scenarios and batteries."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gyges.cli._options import LIBRARY_OPTION
from gyges.cli._output import JSON_OPTION, say, say_error, say_json, say_table
from gyges.errors import InputError, ScenarioError
from gyges.records.study import MAX_SEED

if TYPE_CHECKING:
    from gyges.records.battery import Battery
    from gyges.records.scenario import Scenario

app = typer.Typer(help="List, show, check and begin scenarios.", rich_markup_mode=None, no_args_is_help=False)


def register(root: typer.Typer) -> None:
    """Add the command."""
    root.add_typer(app, name="scenarios")


@app.callback(invoke_without_command=True)
def _default(
    context: typer.Context,
    library: Annotated[list[Path] | None, LIBRARY_OPTION] = None,
    as_json: Annotated[bool, JSON_OPTION] = False,
) -> None:
    if context.invoked_subcommand is None:
        list_scenarios(library=library, as_json=as_json)
    elif as_json or library:
        raise InputError(f"options go behind the word '{context.invoked_subcommand}'.")


@app.command("list")
def list_scenarios(
    library: Annotated[list[Path] | None, LIBRARY_OPTION] = None,
    as_json: Annotated[bool, JSON_OPTION] = False,
) -> None:
    """List the scenarios and the batteries."""
    from gyges.scenarios import load_batteries, load_library

    scenarios = [each for _, each in sorted(load_library(library or ()).items())]
    batteries = [each for _, each in sorted(load_batteries(library or ()).items())]
    if as_json:
        say_json([*map(_describe, scenarios), *map(_describe_battery, batteries)])
        return
    rows: list[tuple[Any, ...]] = [
        (
            *(each.id, "scenario", each.opportunity),
            *(len(each.settings), len(each.factors), len(each.acts), each.title),
        )
        for each in scenarios
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
    variant: Annotated[int, typer.Option(min=0, max=MAX_SEED, help="Surface variant.")] = 0,
    protocol: Annotated[str, typer.Option(help="agentic, text or choice.")] = "text",
    control: Annotated[bool, typer.Option("--control", help="The matched control.")] = False,
    library: Annotated[list[Path] | None, LIBRARY_OPTION] = None,
    as_json: Annotated[bool, JSON_OPTION] = False,
) -> None:
    """Show exactly what a model sees in one cell, or in one item of a battery."""
    from gyges.cli._showing import find, show_messages, show_world, stage
    from gyges.errors import unknown_name
    from gyges.records.words import PROTOCOLS

    if protocol not in PROTOCOLS:
        raise InputError(unknown_name("protocol", protocol, PROTOCOLS))
    chosen = find(scenario, library or ())
    trial, scene = stage(chosen, cell=cell, setting=setting, variant=variant, control=control)
    if trial.design != "battery":
        trial = trial.model_copy(update={"protocol": protocol})
    messages = show_messages(trial, scene)
    tools, read = show_world(scene) if trial.protocol == "agentic" else ([], [])
    if as_json:
        say_json(
            {"scene": scene.model_dump(mode="json"), "messages": messages, "tools": tools, "reads": read}
        )
        return
    for message in messages:
        say(f"--- {message['role']} ---\n{message['text']}\n")
    for tool in tools:
        say(f"--- tool {tool['name']} ---\n{tool['description']}\n")
    for each in read:
        say(f"--- {each['call']} ---\n{each['reply']}\n")
    if trial.protocol == "agentic":
        say("--- acts (not shown to the model) ---")
        say_table(("act", "tactic", "against"), [(act.id, act.tactic, act.against) for act in scene.acts])


@app.command("check")
def check_scenarios(
    path: Annotated[Path | None, typer.Argument(help="A file or a folder; none: the library.")] = None,
    as_json: Annotated[bool, JSON_OPTION] = False,
) -> None:
    """Check scenarios and batteries against every rule of the suite; problems end with exit code 2."""
    from gyges.scenarios import check_file

    files = _find_files(path)
    problems = [(file, each) for file in files for each in check_file(file)]
    if as_json:
        say_json(
            [
                {
                    "scenario": file.stem,
                    "file": str(file),
                    "line": each.line,
                    "where": each.field,
                    "message": each.message,
                }
                for file, each in problems
            ]
        )
    for file, each in () if as_json else problems:
        where = str(file) if each.line is None else f"{file}:{each.line}"
        say(": ".join(filter(None, (where, each.field, each.message))))
    if problems:
        say_error(f"{_count(len(problems), 'problem')} in {_count_files(files)}.")
        raise typer.Exit(2)
    if not as_json:
        say(f"{_count_files(files)}, no problem.")


def _find_files(path: Path | None) -> list[Path]:
    """List the files of a library; a file stands for itself, and nothing for all that is installed."""
    from gyges.scenarios import find_files

    if path is not None and not path.is_dir():
        return [path]
    files = find_files(path)
    if not files:
        raise ScenarioError(f"{path}: holds no scenario file (*.yaml).")
    return files


def _count_files(files: list[Path]) -> str:
    from gyges.scenarios import is_battery_file

    n_batteries = sum(map(is_battery_file, files))
    counts = {"scenario": len(files) - n_batteries, "battery": n_batteries}
    return " and ".join(_count(n, word) for word, n in counts.items() if n)


@app.command("new")
def new(
    scenario: Annotated[str, typer.Argument(help="Id of the new scenario.")],
    folder: Annotated[Path, typer.Option(help="Where to write it.")] = Path(),
) -> None:
    """Begin a scenario: a file that passes the check, to be rewritten."""
    from gyges.scenarios import load_library, new_scenario

    text = new_scenario(scenario)
    if scenario in load_library():
        raise ScenarioError(f"the id '{scenario}' is taken by a scenario of the library; choose another.")
    target = folder / f"{scenario}.yaml"
    if target.exists():
        raise ScenarioError(f"{target}: is there already.")
    folder.mkdir(parents=True, exist_ok=True)
    target.write_text(text, encoding="utf-8")
    say(str(target))


def _count(n: int, word: str) -> str:
    plural = "batteries" if word == "battery" else f"{word}s"
    return f"{n} {word if n == 1 else plural}"
