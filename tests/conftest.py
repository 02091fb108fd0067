"""Options, markers and the environment every test runs in."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# A busy machine draws examples slowly and runs them slowly; neither says anything about the code.
settings.register_profile("gyges", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("gyges")

_FLAGS = {
    "slow": "--runslow",
    "local_models": "--runlocal",
    "bayes": "--runbayes",
    "ray": "--runray",
    "api": "--runapi",
}


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options that turn marked tests on."""
    for mark, flag in _FLAGS.items():
        parser.addoption(flag, action="store_true", help=f"run tests marked {mark}")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave marked tests out unless their option is given."""
    for mark, flag in _FLAGS.items():
        if config.getoption(flag):
            continue
        kept = [item for item in items if mark not in item.keywords]
        config.hook.pytest_deselected(items=[item for item in items if mark in item.keywords])
        items[:] = kept


@pytest.fixture(autouse=True)
def _no_keys_and_own_folder(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    if "api" in request.keywords:
        return
    for name in list(os.environ):
        if name.endswith("_API_KEY") or name.startswith("INSPECT_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "xdg"))
    monkeypatch.chdir(tmp_path)
