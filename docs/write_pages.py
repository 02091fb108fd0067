"""Writes one page a scenario, from the scenarios' files: `make pages`."""

from __future__ import annotations

from pathlib import Path

from gyges.scenarios import describe_scenario, load_library

FOLDER = Path(__file__).parent / "scenarios"


def write_pages(folder: Path = FOLDER) -> list[Path]:
    """Write the pages and give their paths; pages of scenarios that are gone are removed."""
    folder.mkdir(exist_ok=True)
    written = []
    for scenario in load_library().values():
        path = folder / f"{scenario.id}.md"
        path.write_text(describe_scenario(scenario), encoding="utf-8")
        written.append(path)
    for path in set(folder.glob("*.md")) - set(written):
        path.unlink()
    return written


if __name__ == "__main__":
    write_pages()
