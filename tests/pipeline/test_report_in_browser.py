"""The report as a reader sees it, in Chromium."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By

from gyges.study import Run
from tests.unit.report import made_up

pytestmark = pytest.mark.slow


@pytest.fixture
def page(browser: Chrome, small_run: Run) -> Chrome:
    """The small run's report, opened from its file."""
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "", "features": []})
    for kind in ("performance", "browser"):
        _read_log(browser, kind)
    browser.get(Path(small_run.url, "report.html").resolve().as_uri())
    return browser


@pytest.fixture(scope="module")
def large_page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report of two models, ten scenarios and fifteen factors, with missing trials."""
    path = tmp_path_factory.mktemp("large") / "report.html"
    path.write_text(made_up.write_made_up_page(), encoding="utf-8")
    return path


@pytest.fixture
def large(browser: Chrome, large_page: Path) -> Chrome:
    """The large report, with every part of it open."""
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "", "features": []})
    browser.get(large_page.resolve().as_uri())
    browser.execute_script("document.querySelectorAll('details').forEach(each => { each.open = true })")
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


@pytest.mark.parametrize("width", [360, 390, 768, 1280])
def test_nothing_of_ten_scenarios_is_cut_off(large: Chrome, width: int) -> None:
    """With ten scenarios the page fits, every caption and drawing lies within it, and no text is clipped."""
    _set_width(large, width)
    assert large.execute_script("return document.documentElement.scrollWidth") <= width
    cut = large.execute_script(
        """return [...document.querySelectorAll('.caption, svg, h2, h3, blockquote, summary')]
        .filter(each => each.getClientRects().length)
        .filter(each => each.getBoundingClientRect().right > innerWidth + 1
                     || each.getBoundingClientRect().left < -1)
        .map(each => each.outerHTML.slice(0, 80))"""
    )
    assert cut == []


@pytest.mark.parametrize("width", [390, 768, 1280])
def test_no_column_of_the_certificate_is_cut_off(browser: Chrome, tmp_path: Path, width: int) -> None:
    """The certificate's longest figures fit, and nothing has to be scrolled to."""
    path = tmp_path / "report.html"
    path.write_text(made_up.write_certified_page(), encoding="utf-8")
    browser.get(path.resolve().as_uri())
    _set_width(browser, width)
    wide, shown = browser.execute_script(
        """const scroller = document.querySelector('.certificate').parentElement;
        return [scroller.scrollWidth, scroller.clientWidth]"""
    )
    assert 0 < wide <= shown


@pytest.mark.parametrize(("width", "scrolls"), [(390, True), (1280, False)])
def test_a_hint_stands_where_a_table_scrolls(large: Chrome, width: int, scrolls: bool) -> None:
    """The heatmap's hint is seen exactly where the heatmap goes on to the right."""
    _set_width(large, width)
    found = large.execute_async_script(
        """const done = arguments[0];
        requestAnimationFrame(() => requestAnimationFrame(() => done(
        [...document.querySelectorAll('.block')].filter(each => each.querySelector('.heat')).map(each => {
          const scroller = each.querySelector('.scroll'), hint = each.querySelector('.hint');
          return [scroller.scrollWidth > scroller.clientWidth, hint.checkVisibility(
            {visibilityProperty: true}) && hint.getBoundingClientRect().height > 5] }))))"""
    )
    assert found == [[scrolls, scrolls]] * 2


def test_levels_stay_in_sight_while_the_heatmap_scrolls(large: Chrome) -> None:
    """On a phone the first column stays where it is when the cells move."""
    _set_width(large, 390)
    left = large.execute_script(
        """const scroller = document.querySelector('.heat').parentElement;
        scroller.scrollLeft = 200;
        const level = scroller.querySelector('tbody th').getBoundingClientRect();
        return [scroller.scrollLeft, level.left - scroller.getBoundingClientRect().left]"""
    )
    assert left == [200, 0]


@pytest.mark.parametrize(("width", "seen"), [(390, True), (1280, False)])
def test_a_phone_reads_the_scales_in_words(large: Chrome, width: int, seen: bool) -> None:
    """Where the table's head with the scale is hidden, the scale stands in words; else it does not."""
    _set_width(large, width)
    scales = large.find_elements(By.CSS_SELECTOR, ".scale")
    assert len(scales) > 10
    assert {scale.is_displayed() for scale in scales} == {seen}


@pytest.mark.parametrize("media", ["screen", "print"])
def test_interval_and_number_are_read_without_a_pointer(large: Chrome, media: str) -> None:
    """Every measured cell of the heatmap shows its interval and its number of trials, on paper too."""
    _set_width(large, 1280)
    large.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": media, "features": []})
    texts = large.execute_script(
        "return [...document.querySelectorAll('.heat td:not(.blank)')].map(each => each.innerText)"
    )
    assert len(texts) > 500
    assert [text for text in texts if "–" not in text or "\nn " not in text] == []


def test_what_is_folded_on_a_screen_is_printed(page: Chrome) -> None:
    """On paper every folded part is open, and hints and links to other places are gone."""
    page.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print", "features": []})
    hidden = page.execute_script(
        """return [...document.querySelectorAll('details > :not(summary)')]
        .filter(each => each.getBoundingClientRect().height === 0).length"""
    )
    assert hidden == 0
    for selector in ("nav", ".hint", ".more > summary"):
        for element in page.find_elements(By.CSS_SELECTOR, selector):
            assert not element.is_displayed()


def test_passages_are_those_of_the_results(page: Chrome, small_run: Run) -> None:
    """The transcripts on the page are those of `results.json`, word for word; every tested claim has one."""
    tested = [claim for claim in small_run.results["claims"] if claim["verdict"] != "not-tested"]
    assert tested
    # No passage shows what a model's choices in other scenarios predict.
    assert [claim["id"] for claim in tested if not claim["excerpts"]] == ["C39"]
    quotes = page.execute_script(
        "return [...document.querySelectorAll('blockquote')].map(each => each.textContent)"
    )
    assert quotes == [each["quote"] for claim in tested for each in claim["excerpts"]]


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
