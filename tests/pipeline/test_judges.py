"""Judges over a run: what they are asked, what counts, what is kept, and what it cost."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from gyges.analyzing import analyze_run
from gyges.coding import Judgment, Tally, load_codebook, make_case, make_questions
from gyges.errors import BudgetError
from gyges.judging import JudgeOptions, choose_judges
from gyges.records.study import DesignPart, ModelSpec, Price, Study
from gyges.run_folder import open_run, read_consensus, read_lock
from gyges.running import RunOptions
from gyges.study import Run, code_run, run_study
from gyges.trials import ThisProcess, list_logs, read_transcripts
from tests.loopback import Behavior, Loopback, Reply, call, fail, say, serve
from tests.scripted_judge import FRAME, REASONS, Dial, find_truths, judge_by_truth, read_request

JUDGE = "openai-api/loopback/judge"
OTHER = "openai-api/loopback/other"
PRICE = Price(input=1.0, output=10.0)
SOME = Study(
    name="some",
    models=(ModelSpec(name="gyges/insight-profile"),),
    scenarios=("night-shift", "council-bylaw"),
    trials=24,
    design=(
        DesignPart(kind="base", share=0.5, protocol="agentic"),
        DesignPart(kind="conjoint", share=0.25, protocol="choice"),
        DesignPart(kind="conjoint", share=0.25, protocol="text"),
    ),
    min_trials=4,
    seed=5,
    judges=(),
)


@pytest.fixture(scope="module")
def some_run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A small run that no judge has read."""
    out = tmp_path_factory.mktemp("some") / "run"
    return run_study(SOME, out=str(out), options=RunOptions(executor=ThisProcess()))


@pytest.fixture
def run(some_run: Run, tmp_path: Path) -> Run:
    """A copy of it to judge."""
    shutil.copytree(some_run.url, tmp_path / "run")
    return Run(open_run(str(tmp_path / "run")))


@pytest.fixture
def serving(monkeypatch: pytest.MonkeyPatch) -> Callable[[Behavior], Any]:
    """Serve a judge that behaves as told."""

    @contextmanager
    def at_work(behavior: Behavior) -> Iterator[Loopback]:
        with serve(behavior) as server:
            monkeypatch.setenv("LOOPBACK_API_KEY", "not-a-key")
            monkeypatch.setenv("LOOPBACK_BASE_URL", server.url)
            yield server

    return at_work


def ask(run: Run, *names: str, **options: Any) -> Tally:
    """Code a run with judges; give what it took."""
    tallies: list[Tally] = []
    study = read_lock(run.folder).study
    judges = tuple(
        spec.model_copy(update={"price": PRICE, "config": {"max_retries": 0}})
        for spec in choose_judges(study, names or (JUDGE,))
    )
    code_run(run.folder, judging=JudgeOptions(judges=judges, on_tally=tallies.append, **options))
    return tallies[0]


def answers_of(run: Run, **where: str) -> pl.DataFrame:
    """Read `answers.parquet`."""
    return run.folder.scan_table("answers.parquet").collect().filter(**where)


def test_perfect_judge_gives_the_truth(run: Run, serving: Callable[..., Any]) -> None:
    """With a judge that makes no mistake, every answer about frame and reasons is what the agent drew."""
    truths = find_truths(run.folder.logs)
    with serving(judge_by_truth(truths)) as server:
        tally = ask(run)
    assert len(server.requests) == tally.calls == tally.cases == 24
    answers = answers_of(run, coder=JUDGE)
    assert set(answers["status"]) == {"coded"}
    found = {(row["trial"], row["item"]): row for row in answers.filter(act="").to_dicts()}
    for truth in truths.values():
        assert found[truth.trial, FRAME]["value"] == truth.frame
        for item in REASONS.values():
            row = found[truth.trial, item]
            assert row["value"] == ("yes" if item in truth.yes else "no")
            assert bool(row["quotes"]) is (item in truth.yes)
    codes = run.codes
    assert codes["code_ethical_frame"].null_count() == 0
    assert dict(codes.select("trial", "code_ethical_frame").iter_rows()) == {
        truth.trial: truth.frame for truth in truths.values()
    }


def test_rules_stand_beside_judges(run: Run, serving: Callable[..., Any]) -> None:
    """A judge that finds no act done changes nothing that the rules found; each difference is listed."""
    before = run.codes
    with serving(judge_by_truth(find_truths(run.folder.logs), Dial(sensitivity=0.0))):
        ask(run)
    after = run.codes
    added = ["codes", *(name for name in after.columns if name.startswith("code_"))]
    assert after.drop(added).equals(before.drop(added))
    assert before["codes"].null_count() == before.height
    listed = pl.read_csv(Path(run.url, "disagreements.csv"))
    asked = answers_of(run, coder=JUDGE, item="act-done").select("trial", "act")
    rules = answers_of(run, coder="rules", item="act-done", value="yes").select("trial", "act")
    assert listed.height == asked.join(rules, on=["trial", "act"]).height > 0
    assert set(listed["rule"]) == {"yes"}
    assert set(listed["answer"]) == {"no"}
    assert listed["quote"].null_count() == 0


def test_a_panel_adds_up_and_asks_only_what_is_missing(run: Run, serving: Callable[..., Any]) -> None:
    """A second judge joins the first, whose answers are kept; asking again changes nothing."""
    with serving(judge_by_truth(find_truths(run.folder.logs))) as server:
        ask(run)
        n_first = len(server.requests)
        tally = ask(run, JUDGE, OTHER)
        assert tally.kept == n_first == 24
        assert len(server.requests) == 48
        written = Path(run.url, "answers.parquet").read_bytes()
        assert ask(run, JUDGE, OTHER).calls == 0
        assert Path(run.url, "answers.parquet").read_bytes() == written
        before = answers_of(run)
    code_run(run.folder)
    # Coded without the judges' prices, the cost known when they were asked stands.
    assert answers_of(run).equals(before)
    assert before["cost"].count() == 48
    assert set(answers_of(run)["coder"]) == {JUDGE, OTHER, "rules"}
    assert run.codes["codes"].list.eval(pl.element().struct.field("coder").n_unique()).list.first().min() == 2


def test_another_codebook_is_another_question(run: Run, serving: Callable[..., Any], tmp_path: Path) -> None:
    """An item of one's own is asked of every trial, and stands in the codes beside the shipped ones."""
    own = tmp_path / "own"
    own.mkdir()
    (own / "tone.md").write_text(
        '---\ncanary: "x"\nid: tone\nquestion: "Is it curt?"\nanswer: yes-no\n---\n\nYes: "No."\n'
    )
    with serving(judge_by_truth(find_truths(run.folder.logs))) as server:
        ask(run)
        ask(run, codebook=(str(own),))
        assert len(server.requests) == 48
        assert "Is it curt?" in str(server.requests[-1])
    assert run.codes["code_tone"].to_list() == ["no"] * 24


def test_answers_to_an_earlier_wording_do_not_count(
    run: Run, serving: Callable[..., Any], tmp_path: Path
) -> None:
    """An item that was edited has no code until it is asked again; the other items keep theirs."""
    own = tmp_path / "own"
    own.mkdir()
    shipped = next(item for item in load_codebook() if item.id == "refusal")
    question = f"{shipped.question} At once?"
    (own / "refusal.md").write_text(
        f'---\ncanary: "x"\nid: refusal\nquestion: "{question}"\nanswer: yes-no\n---\n\nNo.\n'
    )
    with serving(judge_by_truth(find_truths(run.folder.logs))) as server:
        ask(run)
        before = answers_of(run, coder=JUDGE)
        code_run(run.folder, judging=JudgeOptions(judges=(), codebook=(str(own),)))
        after = answers_of(run, coder=JUDGE)
        assert "refusal" in set(before["item"])
        assert after.drop("input_tokens", "output_tokens", "cost").equals(
            before.filter(pl.col("item") != "refusal").drop("input_tokens", "output_tokens", "cost")
        )
        assert after["cost"].sum() == pytest.approx(before["cost"].sum())
        assert run.codes["code_refusal"].null_count() == 24
        assert ask(run).calls == 24
        assert "At once?" in str(server.requests[-1])
    assert run.codes["code_refusal"].null_count() == 0


def test_another_setting_is_another_reading(run: Run, serving: Callable[..., Any]) -> None:
    """A judge asked with other arguments is asked anew, and its earlier answers no longer count."""

    def judge_with(**config: Any) -> tuple[ModelSpec, ...]:
        return (ModelSpec(name=JUDGE, price=PRICE, config={"max_retries": 0, **config}),)

    good = judge_by_truth(find_truths(run.folder.logs))
    with serving(good) as server:
        for config, n_calls in (({}, 24), ({"max_connections": 3}, 24), ({"temperature": 0.5}, 48)):
            code_run(run.folder, judging=JudgeOptions(judges=judge_with(**config)))
            assert len(server.requests) == n_calls
    with serving(lambda request, number: fail(400, "no") if number else good(request, number)):
        code_run(run.folder, judging=JudgeOptions(judges=judge_with(temperature=0.9)))
    frames = answers_of(run, coder=JUDGE, item=FRAME)
    assert (frames.filter(status="coded").height, frames.height) == (1, 24)


def test_judges_that_were_paid_count_against_the_budget(run: Run, serving: Callable[..., Any]) -> None:
    """What judging has cost so far is spent, whether its answers still count or not."""
    from gyges.budget import write_budget
    from gyges.coding import read_scans
    from gyges.judging import price_judges
    from gyges.records.budget import Budget

    with serving(judge_by_truth(find_truths(run.folder.logs))) as server:
        tally = ask(run)
        cost = (tally.input_tokens * PRICE.input + tally.output_tokens * PRICE.output) / 1e6
        price = price_judges(read_lock(run.folder).study, ())
        costs = [price(each.judge, each.tokens) or each.cost for each in read_scans(run.folder.scans)]
        assert sum(each or 0.0 for each in costs) == pytest.approx(cost)
        write_budget(run.folder, Budget(usd=cost * 1.1))
        with pytest.raises(BudgetError, match=f"{cost:.2f} of {cost * 1.1:.2f} US dollars are spent"):
            ask(run, OTHER, keeps_budget=True)
        assert len(server.requests) == 24


def test_posterior_is_a_consensus(run: Run, serving: Callable[..., Any]) -> None:
    """Of three judges of whom two are right by chance, the posterior follows the one that is right."""
    truths = find_truths(run.folder.logs)
    noise = {JUDGE: Dial(), OTHER: Dial(0.5, 0.5, seed=1), OTHER + "2": Dial(0.5, 0.5, seed=2)}
    behaviors = {name.rsplit("/", 1)[1]: judge_by_truth(truths, dial) for name, dial in noise.items()}
    with serving(lambda request, number: behaviors[request["model"]](request, number)):
        ask(run, *noise)
        by_majority = run.codes
        assert read_consensus(run.folder) == "majority"
        code_run(run.folder, judging=JudgeOptions(judges=(), consensus="posterior"))
    by_posterior = run.codes
    right = dict.fromkeys(("majority", "posterior"), 0)
    for truth in truths.values():
        for name, codes in (("majority", by_majority), ("posterior", by_posterior)):
            said = codes.row(by_predicate=pl.col("trial") == truth.trial, named=True)
            right[name] += sum(
                said["code_" + item.replace("-", "_")] == ("yes" if item in truth.yes else "no")
                for item in REASONS.values()
            )
    assert right["posterior"] > right["majority"]
    rows = analyze_run(run.folder)["judges"]
    assert {row["kind"] for row in rows} >= {"majority", "posterior"}


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (say("I'm sorry, but I can't help with that."), "refused"),
        (say("", finish="content_filter"), "refused"),
        (say(""), "empty"),
        (say("All of it looks fine to me."), "not a valid answer"),
        (fail(400, "this model is asleep"), "failed: "),
        (
            call(("answer", {"refusal": {"value": "yes", "quotes": ["words that nobody wrote"]}})),
            "quotes not in",
        ),
    ],
)
def test_no_answer_is_never_a_no(run: Run, serving: Callable[..., Any], reply: Reply, reason: str) -> None:
    """A judge that refuses, fails, says nothing or quotes nothing real leaves the code unscored, with why."""
    with serving(lambda _request, _number: reply) as server:
        tally = ask(run)
    answers = answers_of(run, coder=JUDGE)
    assert set(answers["status"]) == {"unscored"}
    assert answers["value"].null_count() == answers.height
    assert answers.filter(item="refusal")["reason"].str.contains(reason).all()
    assert run.codes["code_refusal"].null_count() == 24
    calls = 24 if reason == "failed: " else 24 * (1 + SOME.retries)
    assert len(server.requests) == tally.calls == calls


def test_failures_are_asked_again_and_answers_are_not(run: Run, serving: Callable[..., Any]) -> None:
    """After calls that failed, coding again asks for these trials alone, and the answers stand."""
    good = judge_by_truth(find_truths(run.folder.logs))
    with serving(lambda request, number: fail(400, "no") if number % 2 else good(request, number)):
        ask(run)
    n_failed = answers_of(run, coder=JUDGE, item=FRAME, status="unscored").height
    assert 0 < n_failed < 24
    with serving(good) as server:
        ask(run)
        assert len(server.requests) == n_failed
    assert set(answers_of(run, coder=JUDGE)["status"]) == {"coded"}


def test_one_bad_reply_costs_one_more_call(run: Run, serving: Callable[..., Any]) -> None:
    """A reply that cannot be used is asked for again; the calls stay within 1.1 a trial."""
    good = judge_by_truth(find_truths(run.folder.logs))
    with serving(lambda request, number: say("Hm.") if number == 0 else good(request, number)):
        tally = ask(run)
    assert tally.calls == 25 <= 1.1 * 24
    assert set(answers_of(run, coder=JUDGE)["status"]) == {"coded"}


def test_cost_is_counted_once_a_call(run: Run, serving: Callable[..., Any]) -> None:
    """Tokens and cost stand once a call, at the judge's price, and add up to what the results say."""
    with serving(judge_by_truth(find_truths(run.folder.logs))):
        tally = ask(run)
    lock = read_lock(run.folder)
    answers = answers_of(run, coder=JUDGE)
    assert answers["input_tokens"].sum() == tally.input_tokens > 0
    assert answers["cost"].count() == 24
    cost = (tally.input_tokens * PRICE.input + tally.output_tokens * PRICE.output) / 1e6
    assert answers["cost"].sum() == pytest.approx(cost)
    rows = analyze_run(run.folder)["judge_calls"]
    assert len(rows) == len({(row["coder"], row["item"]) for row in rows}) == len(load_codebook()) - 2
    assert sum(row["cost"] for row in rows) == pytest.approx(cost, rel=1e-4)
    assert next(row for row in rows if row["item"] == FRAME)["n"] == 24
    assert lock.study.judges == ()


def test_judges_are_blind(run: Run, serving: Callable[..., Any]) -> None:
    """A judge sees no condition, claim, scenario, model, profile or trial id; what is fixed comes first."""
    with serving(judge_by_truth(find_truths(run.folder.logs))) as server:
        tally = ask(run)
    plan = run.plan
    names = {*plan["id"], *plan["scenario"], *plan["setting"], "insight-profile", "gyges", "misaligned"}
    instructions = {read_request(each)[0] for each in server.requests}
    assert len(instructions) == 1
    assert len({json.dumps(read_request(each)[3]) for each in server.requests}) == 1
    for request in server.requests:
        told = json.dumps({"messages": request["messages"], "tools": request["tools"]})
        assert not [name for name in names if name in told]
        around = read_request(request)[1] + next(iter(instructions))
        for word in ("hypothes", "claim", "condition", "shutdown", "control group", "tactic"):
            assert word not in around.lower()
    assert tally.prefix is not None
    assert tally.prefix >= 0.6


def test_order_of_acts_tells_nothing(run: Run) -> None:
    """Acts are numbered in an order drawn from the record, not from mild to grave as in the catalogue."""
    orders = []
    for log in list_logs(run.folder.logs):
        for transcript in read_transcripts(log):
            catalogue = [act.id for act in transcript.briefing.acts]
            acts = make_case(transcript, ()).acts
            assert acts == make_case(transcript, ()).acts
            orders += [[catalogue.index(act) for act in acts]] if len(acts) > 1 else []
    assert len(orders) > 3
    rises = [later > first for order in orders for first, later in pairwise(order)]
    assert 0.2 < sum(rises) / len(rises) < 0.8


def test_cacheable_share_is_what_the_requests_share(run: Run, serving: Callable[..., Any]) -> None:
    """The share that is printed is the longest common prefix of the requests over their fixed part."""
    with serving(judge_by_truth(find_truths(run.folder.logs))) as server:
        tally = ask(run)
    shares = []
    questions = make_questions(load_codebook(), has_afterwards=False)
    for request in server.requests:
        system, around, _, schema = read_request(request)
        assert system == questions.instructions
        assert set(schema) == set(questions.schema)
        shared = len(system) + len(json.dumps(questions.schema))
        shares.append(shared / (shared + len(around)))
    assert tally.prefix == pytest.approx(sum(shares) / len(shares), abs=0.02)


def test_results_open_in_scout(run: Run, serving: Callable[..., Any]) -> None:
    """Scout reads the scan: complete, one result a trial, quotes as references into the messages."""
    from inspect_scout import scan_list, scan_results_df

    with serving(judge_by_truth(find_truths(run.folder.logs))):
        ask(run)
    (status,) = scan_list(run.folder.scans)
    assert status.complete
    results = scan_results_df(status.location)
    (frame,) = results.scanners.values()
    assert len(frame) == 24
    assert any(json.loads(each) for each in frame["message_references"])


def test_stopped_scan_loses_nothing(run: Run, serving: Callable[..., Any]) -> None:
    """What was answered before a scan was stopped is kept, and only the rest is asked afterwards."""
    good = judge_by_truth(find_truths(run.folder.logs))
    seen: list[Judgment] = []

    def stop_after_ten(judgment: Judgment) -> None:
        seen.append(judgment)
        if len(seen) == 10:
            raise KeyboardInterrupt

    with serving(good) as server:
        with pytest.raises(KeyboardInterrupt):
            ask(run, on_judgment=stop_after_ten, connections=1)
        before = len(server.requests)
        assert before < 24
        tally = ask(run)
        assert tally.kept >= 9
        assert len(server.requests) - before == 24 - tally.kept
    assert set(answers_of(run, coder=JUDGE)["status"]) == {"coded"}


def test_study_with_judges_is_judged(serving: Callable[..., Any], tmp_path: Path) -> None:
    """A study that names judges is judged when it is run, and their cost is known by their price."""

    def never_sure(request: dict[str, Any], number: int) -> Reply:
        schema = read_request(request)[3]
        return call(
            ("answer", {name: {"value": "unclear", "quotes": []} for name in schema if name != "acts"})
        )

    judges = (ModelSpec(name=JUDGE, price=PRICE),)
    study = SOME.model_copy(update={"judges": judges, "trials": 8, "retries": 0})
    with serving(never_sure):
        run = run_study(study, out=str(tmp_path / "judged"), options=RunOptions(executor=ThisProcess()))
        rows = run.results["judge_calls"]
        assert {row["coder"] for row in rows} == {JUDGE}
        assert sum(row["n"] for row in rows) == 0
        assert sum(row["cost"] for row in rows) > 0
        assert run.codes["code_refusal"].null_count() == 8
        with pytest.raises(BudgetError, match="judging would take about"):
            run_study(
                study, out=str(tmp_path / "poor"), options=RunOptions(executor=ThisProcess(), budget=1e-6)
            )
    poor = Run(open_run(str(tmp_path / "poor")))
    assert poor.codes.height == 8
    assert poor.results["judges"] == []


@pytest.mark.slow
def test_judges_that_cost_more_than_foreseen_stop_below_the_budget(
    serving: Callable[..., Any], run: Run
) -> None:
    """Judging stops by itself before the budget is passed; what was answered is kept and carried on from."""
    from gyges.budget import write_budget
    from gyges.coding import read_scans
    from gyges.pricing import cost_of
    from gyges.records.budget import Budget

    good = judge_by_truth(find_truths(run.folder.logs))

    def talkative(request: dict[str, Any], number: int) -> Reply:
        reply = good(request, number)
        assert isinstance(reply.body, dict)
        reply.body["choices"][0]["message"]["content"] = "well, " * 14_000
        return reply

    def spent() -> float:
        costs = [cost_of({JUDGE: PRICE}, JUDGE, each.tokens) for each in read_scans(run.folder.scans)]
        return sum(cost or 0.0 for cost in costs)

    with serving(talkative) as server:
        ask(run)
        whole, n_whole = spent(), len(server.requests)
    shutil.rmtree(run.folder.scans)
    budget = whole * 0.8
    write_budget(run.folder, Budget(usd=budget))
    with serving(talkative) as server:
        with pytest.raises(BudgetError, match="what comes next might need more"):
            ask(run, keeps_budget=True)
        assert 8 <= len(server.requests) < n_whole
        first = len(server.requests)
    assert 0 < spent() <= budget
    write_budget(run.folder, Budget(usd=whole * 2))
    with serving(talkative) as server:
        ask(run, keeps_budget=True)
        assert len(server.requests) == n_whole - first


@pytest.mark.slow
def test_dial_shows_in_the_rates(serving: Callable[..., Any], tmp_path: Path) -> None:
    """A judge of sensitivity 0.8 and specificity 0.9 is seen to be one."""
    study = SOME.model_copy(
        update={"trials": 300, "design": (DesignPart(kind="conjoint", protocol="choice"),), "seed": 8}
    )
    run = run_study(study, out=str(tmp_path / "dial"), options=RunOptions(executor=ThisProcess()))
    truths = {truth.trial: truth for truth in find_truths(run.folder.logs).values()}
    by_code = find_truths(run.folder.logs)
    with serving(judge_by_truth(by_code, Dial(sensitivity=0.8, specificity=0.9, seed=1))):
        ask(run)
    answers = answers_of(run, coder=JUDGE).filter(pl.col("item").is_in(list(REASONS.values())))
    right = {True: [0, 0], False: [0, 0]}
    for row in answers.to_dicts():
        truth = row["item"] in truths[row["trial"]].yes
        right[truth][0] += (row["value"] == "yes") is truth
        right[truth][1] += 1
    assert right[True][1] > 200
    assert right[True][0] / right[True][1] == pytest.approx(0.8, abs=0.08)
    assert right[False][0] / right[False][1] == pytest.approx(0.9, abs=0.04)
