"""The report as a reader sees it, in Chromium."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from selenium.webdriver import Chrome, ChromeOptions, ChromeService
from selenium.webdriver.common.by import By

from gyges.study import Run

pytestmark = pytest.mark.slow

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


@pytest.fixture
def page(browser: Chrome, small_run: Run) -> Chrome:
    """The small run's report, opened from its file."""
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "", "features": []})
    for kind in ("performance", "browser"):
        _read_log(browser, kind)
    browser.get(Path(small_run.url, "report.html").resolve().as_uri())
    return browser


def _read_log(chrome: Chrome, kind: str) -> list[dict[str, Any]]:
    log: list[dict[str, Any]] = chrome.get_log(kind)  # type: ignore[no-untyped-call]  # selenium's
    return log


def _set_width(chrome: Chrome, width: int) -> None:
    screen = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 600}
    chrome.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", screen)


def test_page_asks_the_network_for_nothing(page: Chrome) -> None:
    """The page loads one file, its own, and its console stays silent."""
    events = [json.loads(entry["message"])["message"] for entry in _read_log(page, "performance")]
    urls = {e["params"]["request"]["url"] for e in events if e["method"] == "Network.requestWillBeSent"}
    assert {url for url in urls if not url.startswith("data:")} == {page.current_url}
    assert _read_log(page, "browser") == []


@pytest.mark.parametrize("width", [360, 768, 1280])
def test_nothing_overflows(page: Chrome, width: int) -> None:
    """Neither a phone nor a desk screen has to scroll sideways."""
    _set_width(page, width)
    assert page.execute_script("return document.documentElement.scrollWidth") <= width


def test_headline_and_every_claim_are_read(page: Chrome, small_run: Run) -> None:
    """The first screen says the headline and that the agent is simulated; every claim has its row."""
    _set_width(page, 1280)
    text = page.find_element(By.TAG_NAME, "body").text
    headline = small_run.results["headline"]["gyges/insight-profile"]
    assert f"of {headline['scenarios']} scenarios misaligned" in text
    assert "Simulated reference agent" in text[:400]
    whole = page.execute_script("return document.body.textContent")
    assert all(claim["id"] in whole for claim in small_run.results["claims"])


def test_dark_readers_get_a_dark_page(page: Chrome) -> None:
    """The background follows the reader's color scheme."""

    def background(scheme: str) -> int:
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        page.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
        color = page.execute_script("return getComputedStyle(document.body).backgroundColor")
        return sum(int(part) for part in color[color.index("(") + 1 : -1].split(",")[:3])

    assert background("dark") < 200
    assert background("light") > 500


def test_transcripts_are_shown_as_text(page: Chrome) -> None:
    """Nothing of a transcript became an element: no script, frame, form or outside link is on the page."""
    for tag in ("script", "iframe", "form", "object", "embed"):
        assert page.find_elements(By.TAG_NAME, tag) == []
    links = [link.get_attribute("href") or "" for link in page.find_elements(By.TAG_NAME, "a")]
    assert all(link.startswith(page.current_url.split("#")[0]) for link in links)
