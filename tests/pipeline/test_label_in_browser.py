"""The label page as a person uses it, in Chromium, by the keyboard."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from inspect_ai.log import list_eval_logs, read_eval_log, write_eval_log
from inspect_ai.model import ChatMessageAssistant, ChatMessageTool
from inspect_ai.tool import ToolCall
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import WebDriverWait

from gyges.labelling import read_labels
from gyges.study import Run
from tests.pipeline.labelling import Serving, serving

pytestmark = pytest.mark.slow

N_DOCUMENTS = 200
HOSTILE = (
    "</div></details><script>document.title='taken'</script><img src=http://127.0.0.1:9/x onerror=alert(1)>"
    "<style>aside{display:none}</style><form action=//127.0.0.1:9><button data-value=no>x</button></form>"
    "\u202eevil {{ 7*7 }} " + "x" * 400
)
OPTIONS = ("--item", "realism", "--item", "refusal", "--n", "12", "--labeller", "ana")


@pytest.fixture(scope="module")
def heavy(small_run: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the small run, each transcript with 200 documents and words that want to be more."""
    target = tmp_path_factory.mktemp("heavy") / "run"
    shutil.copytree(small_run.url, target)
    for info in list_eval_logs(str(target / "logs"), formats=["eval"]):
        log = read_eval_log(info.name, resolve_attachments=True)
        for sample in log.samples or ():
            for i in range(N_DOCUMENTS):
                call = ToolCall(id=f"d{i}", function="read_file", arguments={"path": f"files/{i}.md"})
                text = f"Document {i}. " + f"The {i}th line of it says little, as the others do. " * 60
                sample.messages += [
                    ChatMessageAssistant(content="", tool_calls=[call]),
                    ChatMessageTool(content=text, tool_call_id=call.id, function="read_file"),
                ]
            sample.messages.append(ChatMessageAssistant(content=HOSTILE))
            sample.events = []
        write_eval_log(log, info.name)
    return target


@pytest.fixture
def served(heavy: Path) -> Iterator[Serving]:
    """The page, with no label given yet."""
    (heavy / "labels.jsonl").unlink(missing_ok=True)
    with serving(heavy, *OPTIONS) as each:
        yield each


@pytest.fixture
def page(browser: Chrome, served: Serving) -> Iterator[Chrome]:
    """The first transcript, opened."""
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "", "features": []})
    _set_width(browser, 1280)
    for kind in ("performance", "browser"):
        browser.get_log(kind)  # type: ignore[no-untyped-call]  # selenium's
    browser.get(served.address)
    yield browser
    browser.get("about:blank")


def _set_width(chrome: Chrome, width: int) -> None:
    screen = {"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": width < 600}
    chrome.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", screen)


def _press(chrome: Chrome, keys: str) -> None:
    chrome.switch_to.active_element.send_keys(keys)


def _wait(chrome: Chrome, holds: Callable[[Chrome], Any]) -> None:
    WebDriverWait(chrome, 10, poll_frequency=0.02).until(holds)


def _read(chrome: Chrome) -> tuple[int, str, str]:
    """Give the transcript's number, the question's count, and how many are answered."""
    found = chrome.execute_script(
        """const shown = document.querySelector('.question:not([hidden]) .count');
        return [Number(document.body.dataset.sheet) + 1, shown.textContent,
          document.getElementById('answered').textContent]"""
    )
    return (int(found[0]), str(found[1]), str(found[2]))


def _is_at(sheet: int, chrome: Chrome) -> bool:
    return _read(chrome)[0] == sheet


def _said(run: Path) -> list[tuple[str, str | None]]:
    return [(label.item, label.value) for label in read_labels(run / "labels.jsonl")]


def _two_questions(chrome: Chrome) -> int:
    """Go to a transcript of which two questions are asked; give its number."""
    while not _read(chrome)[1].endswith("of 2"):
        following = _read(chrome)[0] + 1
        _press(chrome, "n")
        _wait(chrome, partial(_is_at, following))
    return _read(chrome)[0]


def test_keys_answer_move_and_undo(page: Chrome, heavy: Path) -> None:
    """A digit saves and brings the next question, n and p move, u takes back; the file holds all of it."""
    sheet = _two_questions(page)
    assert _read(page) == (sheet, "Question 1 of 2", "0")
    _press(page, "2")
    _wait(page, lambda page: _read(page) == (sheet, "Question 2 of 2", "1"))
    assert _said(heavy) == [("realism", "2")]
    _press(page, "p")
    _wait(page, lambda page: _read(page) == (sheet, "Question 1 of 2", "1"))
    pressed = page.find_elements(By.CSS_SELECTOR, ".question:not([hidden]) [aria-pressed=true]")
    assert [each.get_attribute("data-value") for each in pressed] == ["2"]
    _press(page, "n")
    _press(page, "1")
    _wait(page, lambda page: _read(page)[0] != sheet)
    _press(page, "u")
    _wait(page, lambda page: _read(page) == (sheet, "Question 2 of 2", "1"))
    _press(page, "u")
    _wait(page, lambda page: _read(page) == (sheet, "Question 1 of 2", "0"))
    labels = read_labels(heavy / "labels.jsonl")
    assert _said(heavy) == [("realism", "2"), ("refusal", "yes"), ("refusal", None), ("realism", None)]
    assert {label.labeller for label in labels} == {"ana"}


def test_zero_says_that_it_cannot_be_told(page: Chrome, heavy: Path) -> None:
    """0 is an answer of its own; undo of a changed answer marks and keeps the one before."""
    sheet = _two_questions(page)
    _press(page, "3")
    _wait(page, lambda page: _read(page) == (sheet, "Question 2 of 2", "1"))
    _press(page, "p")
    _press(page, "0")
    _wait(page, lambda _: _said(heavy) == [("realism", "3"), ("realism", "unclear")])
    _wait(page, lambda page: _read(page) == (sheet, "Question 2 of 2", "1"))
    _press(page, "u")
    _wait(page, lambda page: _read(page) == (sheet, "Question 1 of 2", "1"))
    pressed = page.find_elements(By.CSS_SELECTOR, ".question:not([hidden]) [aria-pressed=true]")
    assert [each.get_attribute("data-value") for each in pressed] == ["3"]


def test_quick_fingers_lose_nothing(page: Chrome, heavy: Path) -> None:
    """Keys pressed faster than the disk answer the questions in their order; none answers two of them."""
    sheet = _two_questions(page)
    _press(page, "5" + "2")
    _wait(page, lambda page: _read(page)[0] != sheet)
    assert _said(heavy) == [("realism", "5"), ("refusal", "no")]


def test_help_shows_the_keys(page: Chrome, heavy: Path) -> None:
    """The question mark opens the keys, Escape closes them, and digits do nothing meanwhile."""
    _press(page, "?")
    dialog = page.find_element(By.ID, "help")
    assert dialog.is_displayed()
    assert "take the last answer back" in dialog.text
    _press(page, "1")
    _press(page, Keys.ESCAPE)
    _wait(page, lambda _: not dialog.is_displayed())
    assert read_labels(heavy / "labels.jsonl") == []


def test_what_is_not_saved_is_said(page: Chrome, served: Serving, heavy: Path) -> None:
    """With the server killed, a key raises the alarm, and neither question nor progress moves on."""
    before = _read(page)
    served.process.kill()
    served.process.wait()
    _press(page, "1")
    _wait(page, lambda page: "not saved" in page.find_element(By.ID, "state").text)
    assert _read(page) == before
    assert read_labels(heavy / "labels.jsonl") == []


def test_200_documents_open_within_a_second(page: Chrome) -> None:
    """A transcript of 200 documents is loaded and painted in under a second."""
    page.get(page.current_url)
    times = []
    for number in (2, 3, 4):
        address = page.current_url.split("/sheet/")[0] + f"/sheet/{number}?as=ana"
        page.get(address)
        assert len(page.find_elements(By.CSS_SELECTOR, "main details.call")) >= N_DOCUMENTS
        times.append(
            page.execute_async_script(
                """const done = arguments[0];
                requestAnimationFrame(() => setTimeout(() => {
                  const load = performance.getEntriesByType('navigation')[0].loadEventEnd;
                  const paint = performance.getEntriesByName('first-contentful-paint')[0];
                  done(Math.max(load, paint ? paint.startTime : 0)) }))"""
            )
        )
    assert max(times) < 1000, times


def test_a_hostile_transcript_is_text(page: Chrome, served: Serving) -> None:
    """Nothing of the transcript runs, hides, loads or looks like a button, and the console stays silent."""
    assert page.title.startswith("Transcript 1 of")
    assert page.find_element(By.CSS_SELECTOR, "aside").is_displayed()
    for selector in ("main script", "main img", "main style", "main form", "main button"):
        assert page.find_elements(By.CSS_SELECTOR, selector) == []
    shown = page.execute_script("return document.querySelector('main').textContent")
    assert "<script>document.title='taken'</script>" in shown
    assert "⟨U+202E⟩evil {{ 7*7 }}" in shown
    events = [
        json.loads(entry["message"])["message"]
        for entry in page.get_log("performance")  # type: ignore[no-untyped-call]  # selenium's
    ]
    urls = {e["params"]["request"]["url"] for e in events if e["method"] == "Network.requestWillBeSent"}
    assert {url for url in urls if not url.startswith((served.address, "data:"))} <= {"about:blank"}
    assert page.get_log("browser") == []  # type: ignore[no-untyped-call]  # selenium's


@pytest.mark.parametrize("width", [360, 768, 1280])
def test_page_can_be_read_on_a_phone(page: Chrome, width: int) -> None:
    """Nothing scrolls sideways, and question, answers and transcript are in sight together."""
    _set_width(page, width)
    assert page.execute_script("return document.documentElement.scrollWidth") <= width
    seen = page.execute_script(
        """const inside = each => { const box = each.getBoundingClientRect();
          return box.height > 0 && box.top < innerHeight && box.bottom > 0 };
        return [...document.querySelectorAll(
          'main .text, .question:not([hidden]) h1, .question:not([hidden]) .answer')].filter(inside)
          .map(each => each.className || each.tagName)"""
    )
    assert "text" in seen
    assert "H1" in seen
    assert seen.count("answer") >= 2
    small = page.execute_script(
        "return [...document.querySelectorAll('.question:not([hidden]) .answer')]"
        ".filter(each => each.getBoundingClientRect().height < 44).length"
    )
    assert small == 0


def test_dark_readers_get_a_dark_page(page: Chrome) -> None:
    """The background follows the reader's color scheme."""

    def background(scheme: str) -> int:
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        page.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
        color = page.execute_script("return getComputedStyle(document.body).backgroundColor")
        return sum(int(part) for part in color[color.index("(") + 1 : -1].split(",")[:3])

    assert background("dark") < 200
    assert background("light") > 500


def test_several_people_label_under_their_names(page: Chrome, served: Serving, heavy: Path) -> None:
    """Another person gives a name on the start page and has progress of their own."""
    _press(page, "1")
    _wait(page, lambda page: _read(page)[2] == "1" or _read(page)[0] > 1)
    page.get(f"{served.address}?choose=1")
    assert "ana: 1 of 24" in page.find_element(By.CSS_SELECTOR, ".people").text
    page.find_element(By.ID, "as").send_keys("Bo" + Keys.ENTER)
    _wait(page, lambda page: "/sheet/1" in page.current_url)
    assert _read(page)[2] == "0"
    _press(page, "2")
    _wait(page, lambda _: len(read_labels(heavy / "labels.jsonl")) == 2)
    assert [label.labeller for label in read_labels(heavy / "labels.jsonl")] == ["ana", "Bo"]
