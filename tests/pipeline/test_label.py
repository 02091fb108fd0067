"""`gyges label`: labels that a kill does not lose, and files in and out."""

from __future__ import annotations

import http.client
import json
import random
import signal
import threading
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from typer.testing import CliRunner

from gyges.cli import app
from gyges.errors import GygesError, RunError
from gyges.labelling import read_labels
from gyges.labels import read_said
from gyges.run_folder import open_run
from gyges.trials import find_trials, list_logs, read_conversation
from tests.pipeline.labelling import Page, serving

pytestmark = pytest.mark.slow

ONE = ("--item", "refusal", "--n", "30", "--labeller", "ana")


def _label(*words: str) -> Any:
    return CliRunner().invoke(app, ["label", *words], catch_exceptions=True)


def _refusal(*words: str) -> str:
    problem = _label(*words).exception
    assert isinstance(problem, GygesError)
    assert "\n" not in str(problem)
    return str(problem)


@pytest.mark.parametrize("round_", range(4))
def test_a_kill_loses_nothing(run_copy: Path, round_: int) -> None:
    """A server killed at a random moment has every acknowledged answer in the file, and whole lines."""
    draw = random.Random(round_)
    acknowledged: list[tuple[int, str]] = []
    sent = 0
    with serving(run_copy, *ONE) as served:
        page = Page(served.address, "ana")
        page.send("answer", sheet=0, question=0, value="yes")
        acknowledged.append((0, "yes"))
        sent += 1
        timer = threading.Timer(draw.uniform(0.05, 0.8), served.process.kill)
        timer.start()
        try:
            while True:
                answer = (sent % page.n_sheets, draw.choice(("yes", "no")))
                sent += 1
                page.send("answer", sheet=answer[0], question=0, value=answer[1])
                acknowledged.append(answer)
        except (OSError, http.client.HTTPException):
            pass
        finally:
            timer.join()
            page.close()
    labels = read_labels(run_copy / "labels.jsonl")
    assert acknowledged
    assert len(acknowledged) <= len(labels) <= sent
    assert [label.value for label in labels[: len(acknowledged)]] == [value for _, value in acknowledged]
    # The half line a kill may leave is no hindrance to whoever comes next.
    with (run_copy / "labels.jsonl").open("ab") as file:
        file.write(b'{"trial":"t')
    with serving(run_copy, *ONE) as served:
        page = Page(served.address, "ana")
        page.send("undo")
        page.close()
    again = read_labels(run_copy / "labels.jsonl")
    assert again[:-1] == labels
    assert again[-1].value is None


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_stopping_is_how_it_ends(run_copy: Path, how: signal.Signals) -> None:
    """Ctrl-C ends the serving with exit code 0, and labels.parquet holds what stands."""
    with serving(run_copy, *ONE) as served:
        page = Page(served.address, "ana")
        page.send("answer", sheet=0, question=0, value="yes")
        page.send("answer", sheet=1, question=0, value="no")
        page.send("answer", sheet=0, question=0, value="no")
        page.send("undo")
        page.close()
        served.process.send_signal(how)
        _, said = served.process.communicate(timeout=20)
        assert served.process.returncode == 0
    assert said == f"gyges: 2 labels stand in {run_copy}/labels.parquet\n"
    table = pl.read_parquet(run_copy / "labels.parquet")
    # The changed answer was taken back, so the one before it stands.
    assert sorted(table["value"]) == ["no", "yes"]
    assert set(table.select("item", "act", "labeller").rows()) == {("refusal", "", "ana")}


def test_labels_go_out_and_come_back(run_copy: Path, tmp_path: Path) -> None:
    """Exported labels can be taken in by another copy of the run, once; wrong ones are refused whole."""
    codes = pl.read_parquet(run_copy / "codes.parquet").filter(pl.col("status") == "coded")
    trials = codes["trial"].to_list()
    source = tmp_path / "in.csv"
    rows = [f"{trial},refusal,{name},{value}" for trial, name, value in zip(
        trials[:3] * 2, ["ana"] * 3 + ["bo"] * 3, ["yes", "no", "no", "yes", "no", "yes"], strict=True
    )]  # fmt: skip
    source.write_text("\n".join(["trial,item,labeller,value", *rows]), encoding="utf-8")
    assert (
        _label(str(run_copy), "--import", str(source)).output == "6 labels taken in, 0 were there already\n"
    )
    assert _label(str(run_copy), "--import", str(source), "--json").output == (
        '{\n  "new": 0,\n  "there_already": 6\n}\n'
    )
    assert pl.read_parquet(run_copy / "labels.parquet").height == 6
    out = tmp_path / "out.csv"
    assert _label(str(run_copy), "--export", str(out)).output == f"{out}\n"
    assert pl.read_csv(out).select("trial", "item", "labeller", "value").rows() == sorted(
        (trial, item, name, value) for trial, item, name, value in (row.split(",") for row in rows)
    )
    assert "is there already" in _refusal(str(run_copy), "--export", str(out))
    before = (run_copy / "labels.jsonl").read_bytes()
    source.write_text(f"trial,item,labeller,value\n{trials[4]},refusal,ana,yes\nnone,refusal,ana,yes\n")
    said = _refusal(str(run_copy), "--import", str(source))
    assert said == f"{source}:3: column 'trial': the run has no trial 'none'."
    assert (run_copy / "labels.jsonl").read_bytes() == before


def test_labels_of_a_table_alone_are_kept(run_copy: Path, tmp_path: Path) -> None:
    """Where `labels.parquet` came without its journal, further labels join it and replace nothing."""
    codes = pl.read_parquet(run_copy / "codes.parquet").filter(pl.col("status") == "coded")
    first, second = codes["trial"].to_list()[:2]
    row = {"trial": first, "item": "refusal", "act": "", "labeller": "ana", "value": "no"}
    pl.DataFrame([row]).write_parquet(run_copy / "labels.parquet")
    source = tmp_path / "in.csv"
    source.write_text(f"trial,item,labeller,value\n{second},refusal,bo,unclear\n")
    assert _label(str(run_copy), "--import", str(source)).exit_code == 0
    table = pl.read_parquet(run_copy / "labels.parquet")
    assert sorted(table.select("trial", "labeller", "value").rows()) == sorted(
        [(first, "ana", "no"), (second, "bo", "unclear")]
    )
    pl.DataFrame([row | {"item": "No item!"}]).write_parquet(run_copy / "labels.parquet")
    (run_copy / "labels.jsonl").unlink()
    assert "holds what is no label" in _refusal(str(run_copy), "--import", str(source))


def test_how_labels_are_drawn_is_kept(run_copy: Path) -> None:
    """Serving notes the columns that make each question's arms; a second draw by others joins them."""
    for by in ((), ("--by", "reputation")):
        with serving(run_copy, *ONE, *by):
            pass
    noted = json.loads((run_copy / "label_draws.json").read_text())
    assert noted == {"refusal": ["model", "conflict", "threat", "status", "reputation"]}
    (run_copy / "label_draws.json").write_text("[]")
    with pytest.raises(RunError, match="expected each question's list of columns"):
        read_said(open_run(str(run_copy)))


def test_scout_gets_what_most_people_say(run_copy: Path, tmp_path: Path) -> None:
    """The validation set names transcripts as Scout does, with the majority's answers."""
    from inspect_scout import validation_set

    codes = pl.read_parquet(run_copy / "codes.parquet").filter(pl.col("status") == "coded")
    first, second = codes["trial"].to_list()[:2]
    source, out = tmp_path / "in.csv", tmp_path / "out.json"
    source.write_text(
        f"trial,item,labeller,value\n{first},refusal,ana,yes\n{second},refusal,ana,yes\n{second},refusal,bo,no\n"
        f"{second},realism,ana,4\n"
    )
    assert _label(str(run_copy), "--import", str(source), "--export", str(out)).exit_code == 0
    found = find_trials(list_logs(str(run_copy / "logs")), {first, second})
    assert {str(case.id): case.target for case in validation_set(out).cases} == {
        found[first].uuid: {"refusal": "yes"},
        found[second].uuid: {"realism": "4"},
    }


def test_a_wanted_width_says_how_many(run_copy: Path) -> None:
    """`--width` prints, arm by arm, how many labels it needs, and draws as many."""
    with serving(run_copy, "--item", "refusal", "--width", "0.3") as served:
        page = Page(served.address, "ana")
        said = page.send("undo")
        page.close()
    from gyges.labels import Wanted, choose_questions, draw_labels, open_local

    folder = open_local(str(run_copy))
    draws = draw_labels(folder, choose_questions(folder), Wanted(width=0.3, items=("refusal",)))
    assert draws[0].needs is not None
    assert said["of"] == sum(need.n for need in draws[0].needs.values()) == len(draws[0].tasks)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("s3://bucket/run",), "s3://bucket/run: labelling needs a local folder, where every answer"),
        (("memory://run",), "memory://run: labelling needs a local folder"),
        (("nowhere",), "nowhere: is no run folder"),
        (("RUN", "--n", "5", "--width", "0.1"), "--n and --width both say how many labels"),
        (("RUN", "--item", "refusl"), "--item: unknown question 'refusl'. Did you mean 'refusal'"),
        (("RUN", "--by", "treat"), "--by: unknown column 'treat'. Did you mean 'threat'"),
        (("RUN", "--labeller", "<b>"), "'<b>' is no labeller's name"),
        (("RUN", "--export", "labels.txt"), "--export 'labels.txt': name a file that ends in .csv"),
        (("RUN", "--import", "none.csv"), "none.csv: cannot be read (No such file or directory)."),
        (("RUN", "--codebook", "none"), "none: no such folder"),
    ],
)
def test_what_is_wrong_is_said(run_copy: Path, words: tuple[str, ...], said: str) -> None:
    """Each wrong argument is one sentence, before anything is served."""
    assert _refusal(*(word.replace("RUN", str(run_copy)) for word in words)).startswith(said)


def test_a_taken_port_is_said(run_copy: Path) -> None:
    """A port somebody else listens on is named in one sentence."""
    with serving(run_copy, *ONE) as served:
        port = served.address.split(":")[2].split("/")[0]
        assert _refusal(str(run_copy), *ONE, "--port", port).startswith(f"--port {port}: cannot be used (")


def test_conversations_are_read_one_by_one(run_copy: Path) -> None:
    """What the agent called and what came back stand together, with the acts that were open."""
    codes = pl.read_parquet(run_copy / "codes.parquet").filter(pl.col("status") == "coded")
    rows = {row["trial"]: row for row in codes.iter_rows(named=True)}
    found = find_trials(list_logs(str(run_copy / "logs")), rows)
    assert set(found) == set(rows)
    for trial in list(rows)[:8]:
        conversation = read_conversation(found[trial])
        assert [act for act, _ in conversation.acts] == rows[trial]["open_acts"]
        uses = [use for message in conversation.messages for use in message.uses]
        assert bool(uses) == (rows[trial]["protocol"] == "agentic")
        assert all(use.result is not None for use in uses[:-1])
        assert "gyges/" not in json.dumps(conversation.model_dump()["messages"])


def test_questions_of_ones_own_replace_shipped_ones(run_copy: Path, tmp_path: Path) -> None:
    """A folder's question replaces the run's of the same id, and the run's own replace the shipped ones."""
    from gyges.coding import load_item
    from gyges.labels import choose_questions, open_local
    from gyges.run_folder import write_codebook

    own = tmp_path / "own"
    own.mkdir()
    text = "---\ncanary: none\nid: refusal\nquestion: '{}'\nanswer: yes-no\n---\nExample: none.\n"
    (own / "refusal.md").write_text(text.format("Mine?"), encoding="utf-8")
    folder = open_local(str(run_copy))
    shipped = {item.id: item.question for item in choose_questions(folder)}
    assert {item.id: item.question for item in choose_questions(folder, [own])} == shipped | {
        "refusal": "Mine?"
    }
    write_codebook(folder, [load_item(own / "refusal.md")])
    assert [item.question for item in choose_questions(folder)] == ["Mine?"]
