"""The page's answers, and who gets none."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from gyges.labelling import Journal, read_labels
from gyges.labelling._app import make_app
from tests.unit.labelling.made_up import make_sitting

HOST = "127.0.0.1:7000"
ROOT = f"http://{HOST}/secret"
OWN = {"origin": f"http://{HOST}", "x-gyges-csrf": "own", "content-type": "application/json"}
ANSWER = {"as": "ana", "sheet": 0, "question": 0, "value": "yes"}

Post = Callable[..., Any]


def _client(path: Path, *, text: str = "I will look first.", labeller: str = "") -> TestClient:
    sitting = make_sitting(path, text=text)
    app = make_app(sitting, token="secret", csrf="own", hosts=(HOST, "localhost:7000"), labeller=labeller)
    return TestClient(app, base_url=f"http://{HOST}", follow_redirects=False)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where labels go."""
    return tmp_path / "labels.jsonl"


@pytest.fixture
def client(path: Path) -> TestClient:
    """A reader of the page."""
    return _client(path)


@pytest.fixture
def post(client: TestClient) -> Post:
    """Sends what the page itself would send."""

    def send(what: str, content: Any, **changes: Any) -> Any:
        headers = {name: value for name, value in (OWN | changes).items() if value is not None}
        return client.post(f"/secret/{what}", content=json.dumps(content), headers=headers)

    return send


def test_an_answer_is_on_the_disk_when_it_is_acknowledged(path: Path, post: Post) -> None:
    """The answer is acknowledged with progress and the next transcript, and stands in the file."""
    said = post("answer", ANSWER)
    assert said.status_code == 200
    assert said.json() == {"answered": 1, "of": 9, "next": "/secret/sheet/2?as=ana&q=1"}
    label = read_labels(path)[0]
    assert (label.trial, label.item, label.act, label.labeller, label.value) == (
        "t0", "strategic-reasoning", "", "ana", "yes",
    )  # fmt: skip
    assert label.at.endswith("+00:00")


def test_undo_appends_a_null(path: Path, post: Post) -> None:
    """Undo takes back the last answer, then the one before, and says where each was."""
    post("answer", ANSWER)
    post("answer", ANSWER | {"sheet": 1, "question": 2, "value": "no"})
    said = [post("undo", {"as": "ana"}).json() for _ in range(3)]
    assert [(each.get("sheet"), each.get("question"), each["answered"]) for each in said] == [
        (1, 2, 1),
        (0, 0, 0),
        (None, None, 0),
    ]
    assert [label.value for label in read_labels(path)] == ["yes", "no", None, None]


def test_undo_of_a_change_brings_the_first_answer_back(path: Path, post: Post, client: TestClient) -> None:
    """Answered yes and then that it cannot be told, undo leaves the yes, and the page marks it."""
    marked = 'data-value="{}" data-digit="{}" aria-pressed="true"'
    for value in ("yes", "unclear"):
        assert post("answer", ANSWER | {"value": value}).json()["answered"] == 1
    assert marked.format("unclear", 0) in client.get("/secret/sheet/1?as=ana").text
    said = post("undo", {"as": "ana"}).json()
    assert (said["value"], said["answered"]) == ("yes", 1)
    assert marked.format("yes", 1) in client.get("/secret/sheet/1?as=ana").text
    assert post("undo", {"as": "ana"}).json()["value"] is None
    assert [label.value for label in read_labels(path)] == ["yes", "unclear", None, None]


def test_people_do_not_see_each_other(client: TestClient, post: Post) -> None:
    """One person's answers are marked on their page alone, and each has progress of their own."""
    post("answer", ANSWER)
    mine, theirs = (client.get(f"/secret/sheet/1?as={name}").text for name in ("ana", "bo"))
    assert mine.count('aria-pressed="true"') == 1
    assert 'aria-pressed="true"' not in theirs
    start = client.get("/secret/").text
    assert "ana</a>: 1 of 9" in start
    assert client.get("/secret/?as=bo").headers["location"] == "/secret/sheet/1?as=bo&q=1"


def test_a_given_name_is_not_asked_for(path: Path) -> None:
    """With `--labeller` the start leads to the first open question, unless another name is wanted."""
    client = _client(path, labeller="ana")
    assert client.get("/secret/").headers["location"] == "/secret/sheet/1?as=ana&q=1"
    assert client.get("/secret/?choose=1").status_code == 200


def test_all_answered_is_said(client: TestClient, post: Post) -> None:
    """When nothing is open any more, the next is nothing, and the start says so."""
    said = {}
    for sheet in range(3):
        for question, value in enumerate(("yes", "none", "no")):
            said = post("answer", ANSWER | {"sheet": sheet, "question": question, "value": value}).json()
    assert said == {"answered": 9, "of": 9, "next": None}
    assert "ana: every question is answered" in client.get("/secret/?as=ana").text


@pytest.mark.parametrize(
    "address", ["/", "/wrong/", "/secre/", "/secret0/", "/wrong/page.js", "//secret/", "/%00/"]
)
def test_without_the_token_there_is_nothing(client: TestClient, address: str) -> None:
    """Any other first part of the path is 404, whatever follows it."""
    assert client.get(f"http://{HOST}{address}").status_code == 404


@pytest.mark.parametrize("host", ["evil.example", "evil.example:7000", "127.0.0.1", "127.0.0.1:7001", ""])
def test_a_rebound_name_is_refused(client: TestClient, host: str) -> None:
    """A request under another host's name is refused, though it knows the token."""
    said = client.get("/secret/", headers={"host": host})
    assert said.status_code == 403
    assert "Label" not in said.text


@pytest.mark.parametrize(
    "changes",
    [
        {"origin": "http://evil.example"},
        {"origin": "null"},
        {"origin": None},
        {"origin": "https://127.0.0.1:7000"},
        {"x-gyges-csrf": "other"},
        {"x-gyges-csrf": None},
        {"content-type": "text/plain"},
        {"content-type": "application/x-www-form-urlencoded"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
    ],
)
def test_only_the_page_itself_writes(path: Path, post: Post, changes: dict[str, str | None]) -> None:
    """What another page could send, or a form, is refused, and nothing is written."""
    for what in ("answer", "undo"):
        assert post(what, ANSWER, **changes).status_code == 403
    assert not path.exists()


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"value": "maybe"}, 400),
        ({"value": None}, 400),
        ({"value": 1}, 400),
        ({"sheet": 9}, 400),
        ({"sheet": -1}, 400),
        ({"question": 3}, 400),
        ({"question": True}, 400),
        ({"as": "<b>"}, 400),
        ({"as": "x" * 20_000}, 413),
    ],
)
def test_wrong_content_is_refused(path: Path, post: Post, change: dict[str, Any], status: int) -> None:
    """What is no answer to a question that is asked is refused, and nothing is written."""
    assert post("answer", ANSWER | change).status_code == status
    assert not path.exists()


def test_no_json_is_refused(post: Post, client: TestClient) -> None:
    """Neither a list nor half an object is taken."""
    assert post("answer", [1]).status_code == 400
    assert client.post("/secret/answer", content="{", headers=OWN).status_code == 400


def test_a_full_disk_is_not_an_acknowledgment(post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    """When a label cannot be saved, the page is told so and no progress is claimed."""

    def fail(self: Journal, file: int, lines: bytes) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Journal, "_write", fail)
    said = post("answer", ANSWER)
    assert said.status_code == 500
    assert "No space left on device" in said.json()["problem"]
    assert "answered" not in said.json()


HOSTILE = (
    "</div><script>alert(1)</script><img src=x onerror=alert(1)>{{ 7*7 }}{% raw %}"
    "</section></main><aside><button data-value=yes>\" ' onload=x <!-- --><base href=//evil>"
)


def test_transcripts_are_text(path: Path) -> None:
    """Whatever a transcript holds stands on the page as text: no element and no template comes of it."""
    text = _client(path, text=HOSTILE).get("/secret/sheet/1?as=ana").text
    plain = _client(path, text="x").get("/secret/sheet/1?as=ana").text
    tags = re.compile(r"<(\w+)")
    assert tags.findall(text) == tags.findall(plain)
    assert "{{ 7*7 }}" in text
    assert "&lt;script&gt;" in text


@pytest.mark.parametrize(
    "address", ["/secret/", "/secret/sheet/1?as=ana", "/secret/page.js", "/wrong/", "/secret/none"]
)
def test_every_answer_carries_the_headers(client: TestClient, address: str) -> None:
    """Every answer, an error too, forbids scripts but the page's own, frames, caches and referrers."""
    headers = client.get(address).headers
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self';" in policy
    assert "unsafe" not in policy
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cache-control"] == "no-store"
    assert headers["x-content-type-options"] == "nosniff"


def test_page_asks_for_nothing_from_outside(client: TestClient) -> None:
    """No address on the page or in its files leads anywhere else, and no script stands in the page."""
    pages = [client.get(f"/secret/{name}").text for name in ("", "sheet/1?as=ana", "page.css", "page.js")]
    assert [found for page in pages for found in re.findall(r"https?://\S+|//\w+\.\w+", page)] == []
    scripts = re.findall(r"<script[^>]*>(.*?)</script>", pages[1], re.DOTALL)
    assert scripts == [""]
    assert not re.search(r"\son\w+=", pages[1])


def test_page_is_blind(client: TestClient) -> None:
    """Neither the trial's id nor an act's, nor what rules or judges said, is on the page."""
    page = client.get("/secret/sheet/2?as=ana").text
    assert not re.search(r"\bt1\b|[\">]take[\"<]|misaligned|judge|rules|strategic-reasoning", page)


@pytest.mark.parametrize(
    "address", ["sheet/0", "sheet/4", "sheet/99999999999999999999", "sheet/x", "sheet/1"]
)
def test_what_is_not_there_is_said(client: TestClient, address: str) -> None:
    """A transcript that is not there is 404, and a page without a name is refused."""
    assert client.get(f"/secret/{address}?as=ana").status_code == (200 if address == "sheet/1" else 404)
    assert client.get("/secret/sheet/1").status_code == 400
