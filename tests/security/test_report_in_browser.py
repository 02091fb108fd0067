"""The report of a hostile run, in Chromium."""

from __future__ import annotations

from pathlib import Path

import pytest
from selenium.webdriver import Chrome

from tests.pipeline.conftest import browser as browser  # noqa: PLC0414 - a fixture
from tests.unit.report.test_page import write_small

PAYLOADS = [
    "<script>window.taken=1</script>",
    "\"'><img src=x onerror=window.taken=1>",
    "</style></title></textarea><svg onload=window.taken=1>",
    "javascript:window.taken=1",
    "<iframe srcdoc='<script>parent.taken=1</script>'></iframe>",
    "{{ 7 * 7 }}{% raw %}<a href='javascript:window.taken=1'>x</a>",
    "<details open ontoggle=window.taken=1>",
    "<meta http-equiv=refresh content='0;url=javascript:window.taken=1'>",
]


@pytest.mark.slow
@pytest.mark.parametrize("payload", PAYLOADS)
def test_nothing_of_the_content_runs(browser: Chrome, tmp_path: Path, payload: str) -> None:
    """With the same attack in every field, no script runs, nothing is loaded, and the text is shown."""
    path = tmp_path / "report.html"
    path.write_text(write_small(payload), encoding="utf-8")
    browser.get(path.resolve().as_uri())
    browser.execute_script("document.querySelectorAll('details').forEach(each => { each.open = true })")
    assert browser.execute_script("return window.taken") is None
    assert (
        browser.execute_script("return document.querySelectorAll('script, iframe, img, object').length") == 0
    )
    assert browser.execute_script("return performance.getEntriesByType('resource').length") == 0
    shown = browser.execute_script("return document.body.textContent")
    assert payload in shown
    assert browser.current_url == path.resolve().as_uri()
