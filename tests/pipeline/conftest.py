"""A small finished run that tests may read but not change, and a browser."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from selenium.webdriver import Chrome, ChromeOptions, ChromeService

from gyges.records.study import DesignPart, ModelSpec, Study
from gyges.running import RunOptions
from gyges.study import Run, run_study
from gyges.trials import ThisProcess

SMALL = Study(
    name="small",
    models=(ModelSpec(name="gyges/insight-profile"),),
    trials=120,
    design=(
        DesignPart(kind="base", share=0.4, protocol="agentic"),
        DesignPart(kind="control", share=0.1, protocol="agentic"),
        DesignPart(kind="conjoint", share=0.4, protocol="choice"),
        DesignPart(kind="conjoint", share=0.1, protocol="text"),
    ),
    min_trials=4,
    seed=3,
)


@pytest.fixture(scope="session")
def small_run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """The small study, run here on a reference agent."""
    out = tmp_path_factory.mktemp("small") / "run"
    return run_study(SMALL, out=str(out), options=RunOptions(executor=ThisProcess()))


@pytest.fixture
def run_copy(small_run: Run, tmp_path: Path) -> Path:
    """A copy of the small run to damage."""
    target = tmp_path / "copy"
    shutil.copytree(small_run.url, target)
    return target


_FLAGS = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chrome]:
    """Chromium with an empty profile, which notes every request."""
    chromium, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if not chromium or not driver:
        pytest.fail("Chromium and its driver are needed: `make browser` installs them")
    options = ChromeOptions()
    options.binary_location = chromium
    for flag in (*_FLAGS, f"--user-data-dir={tmp_path_factory.mktemp('profile')}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"performance": "ALL", "browser": "ALL"})
    with Chrome(options=options, service=ChromeService(executable_path=driver)) as chrome:
        yield chrome
