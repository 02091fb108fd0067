"""The house rules, as tests."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

import gyges

SRC = Path(gyges.__file__).parent
MODULES = sorted(SRC.rglob("*.py"))
STAGES = (
    "scenarios",
    "design",
    "trials",
    "coding",
    "analysis",
    "claims",
    "report",
    "labelling",
    "world",
    "agents",
    "records",
    "estimands",
    "utility",
)
ROOT = SRC.parent.parent

# Handlers that catch everything, each at a boundary where whatever failed becomes a record or a sentence.
BROAD = {
    "analyzing.py": 1,
    "coding/_judge.py": 1,
    "holding.py": 2,
    "reaching.py": 1,
    "storage.py": 1,
    "trials/_conversation.py": 1,
    "trials/_executor.py": 3,
    "trials/_model.py": 2,
    "trials/_people.py": 1,
    "trials/_probes.py": 1,
    "trials/_ray.py": 2,
    "trials/_ray_nodes.py": 2,
    "trials/_ray_parts.py": 1,
    "trials/_read.py": 3,
    "trials/_task.py": 2,
}


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(SRC)))
def test_modules_and_functions_stay_small(path: Path) -> None:
    """No module is over 400 lines and no function body over 50."""
    source = path.read_text(encoding="utf-8")
    assert len(source.splitlines()) <= 400
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            body = node.body[1:] if ast.get_docstring(node) else node.body
            length = (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0
            assert length <= 50, f"{node.name} has {length} lines"


@pytest.mark.parametrize("stage", STAGES)
def test_every_folder_has_one_door(stage: str) -> None:
    """A folder's `__init__.py` says what it takes and gives."""
    first = (ast.get_docstring(ast.parse((SRC / stage / "__init__.py").read_text())) or "").splitlines()
    assert first
    assert re.search(r"\b[Tt]akes\b.*\bgives\b", " ".join(first[:3]))


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(SRC)))
def test_private_modules_stay_private(path: Path) -> None:
    """Nothing imports another folder's private module."""
    folder = ".".join(("gyges", *path.relative_to(SRC).parts[:-1]))
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("gyges."):
            private = [
                part for part in node.module.split(".") if part.startswith("_") and part != "_registry"
            ]
            assert not private or node.module.startswith(f"{folder}."), f"line {node.lineno}: {node.module}"


def test_broad_handlers_stand_only_at_the_boundaries() -> None:
    """Everything is caught only where a failure becomes a record or one sentence."""
    found: dict[str, int] = {}
    for path in MODULES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ExceptHandler) and (
                node.type is None
                or (isinstance(node.type, ast.Name) and node.type.id in {"Exception", "BaseException"})
            ):
                name = str(path.relative_to(SRC))
                found[name] = found.get(name, 0) + 1
    assert found == BROAD


def test_public_names_are_few_and_exist() -> None:
    """The package offers at most 30 names, and every one of them is there."""
    assert len(gyges.__all__) <= 30
    assert all(getattr(gyges, name) is not None for name in gyges.__all__)


def test_importing_gyges_is_free() -> None:
    """Importing the package and its command line pulls in nothing heavy."""
    heavy = "inspect_ai polars scipy numpy torch statsmodels jinja2"
    code = f"import sys, gyges, gyges.cli; print([m for m in {heavy.split()!r} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_analysis_needs_no_inspect() -> None:
    """Analyzing and reporting import neither Inspect nor a sampler."""
    code = (
        "import sys, gyges.analysis, gyges.claims, gyges.report, gyges.scenarios, gyges.design;"
        "print([m for m in ('inspect_ai', 'statsmodels', 'numpyro', 'pandas') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("path", sorted((ROOT / "tests").rglob("test_*.py")), ids=lambda path: path.name)
def test_every_test_states_its_claim(path: Path) -> None:
    """Every test has a docstring of one sentence."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_"):
            assert (ast.get_docstring(node) or "").rstrip().endswith("."), node.name


def test_no_machine_path_or_download_address_is_committed() -> None:
    """No tracked file holds a path of somebody's machine, a package host or a download address."""
    files = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split()
    forbidden = re.compile(r"index-" + r"url|https?://\S+\.(?:whl|tar\.gz|deb)\b|/(?:home|root|Users)/\w")
    for name in files:
        path = ROOT / name
        if path.is_file() and path.suffix in {".py", ".md", ".toml", ".txt", ".yaml", ".yml", ".json", ""}:
            found = forbidden.search(path.read_text(encoding="utf-8", errors="ignore"))
            assert not found, f"{name}: {found}"


def test_every_command_is_documented() -> None:
    """Every command and public name stands in the documentation."""
    from typer.main import get_command

    from gyges.cli import app

    text = "\n".join(
        page.read_text(encoding="utf-8") for page in [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]
    )
    commands = get_command(app).commands  # type: ignore[attr-defined]  # a click group
    assert [name for name in commands if f"gyges {name}" not in text] == []
    assert [name for name in gyges.__all__ if name not in text] == []
