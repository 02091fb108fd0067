"""Questions put when a trial is over touch nothing of it, and never fail it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from inspect_ai import eval as inspect_eval
from inspect_ai.log import EvalLog, EvalSample
from inspect_ai.model import (
    ChatMessageAssistant,
    ChatMessageSystem,
    ChatMessageUser,
    ModelOutput,
    ModelUsage,
    get_model,
)
from inspect_ai.model._generate_config import GenerateConfig
from inspect_ai.model._model import init_active_model
from inspect_ai.tool import ToolCall

from gyges.cli._planning import summarize
from gyges.coding import code_transcript, show_probes
from gyges.design import trials_of
from gyges.prepare import prepare_study
from gyges.records.codes import Codes
from gyges.records.scenario import PROBE
from gyges.records.study import DesignPart, ModelSpec, Price, Study, is_probed
from gyges.records.transcript import Transcript
from gyges.running import stage_trial
from gyges.trials import ask_probes, make_task, read_transcripts

MODEL = "gyges/power-maximiser"
LEADING = ("test", "evaluat", "exercise", "real", "simulat", "aware", "power", "honest", "safe", "align")


@pytest.fixture(scope="module", params=["agentic", "text", "choice"])
def pair(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[EvalLog, EvalLog]:
    """Give the logs of the same four trials, without questions afterwards and with them."""
    study = Study(
        name="probed",
        models=(ModelSpec(name=MODEL),),
        scenarios=("night-shift", "merger-room"),
        design=(DesignPart(kind="base", protocol=request.param),),
        trials=4,
    )
    prepared = prepare_study(study)
    trials = list(trials_of(prepared.plan))

    def play(probes: bool) -> EvalLog:
        stage = partial(stage_trial, prepared.library)
        task = make_task(trials, stage, code=code_transcript, probes=probes)
        folder = tmp_path_factory.mktemp("logs")
        return inspect_eval(task, model=MODEL, log_dir=str(folder), display="none", score_display=False)[0]

    return play(False), play(True)


def _samples(log: EvalLog) -> list[EvalSample]:
    return sorted(log.samples or (), key=lambda each: str(each.id))


def _bytes(value: Any) -> bytes:
    """Write a value out without what Inspect draws anew each time: ids of messages and times."""

    def plain(each: Any) -> Any:
        if isinstance(each, dict):
            return {key: plain(part) for key, part in each.items() if key not in {"id", "time", "completed"}}
        return [plain(part) for part in each] if isinstance(each, list) else each

    return json.dumps(plain(value), sort_keys=True).encode()


def _transcripts(log: EvalLog) -> dict[str, Transcript]:
    return {each.trial.id: each for each in read_transcripts(log.location)}


def test_messages_store_output_and_scores_are_the_same_byte_for_byte(pair: tuple[EvalLog, EvalLog]) -> None:
    """Asked afterwards or not, a trial is the same, but for the answers in a field of their own."""
    for without, probed in zip(*map(_samples, pair), strict=True):
        for field in ("messages", "output", "scores", "metadata", "input", "target"):
            one, other = (each.model_dump(mode="json")[field] for each in (without, probed))
            assert _bytes(one) == _bytes(other), field
        kept = dict(probed.store)
        answers = kept.pop("TrialStore:probes")
        assert _bytes(kept) == _bytes({k: v for k, v in without.store.items() if k != "TrialStore:probes"})
        assert [each["id"] for each in answers] == ["situation", "reason"]
        assert all(each["answer"] and each["question"] for each in answers)


def test_codes_and_usage_of_a_trial_are_the_same(pair: tuple[EvalLog, EvalLog]) -> None:
    """Codes, tokens and utterances leave the questions out; what they took stands in columns of its own."""
    without, probed = map(_transcripts, pair)
    for name, one in without.items():
        other = probed[name]
        same = {"probes": (), "log": ""}
        assert one.model_copy(update=same) == other.model_copy(update=same)
        plain, asked = code_transcript(one), code_transcript(other)
        own = {"log": "", "probe_input_tokens": 0, "probe_output_tokens": 0}
        assert _codes(plain, own) == _codes(asked, own)
        assert asked.probe_input_tokens > one.input_tokens / (one.turns or 1)
        assert asked.probe_output_tokens > 0 == plain.probe_output_tokens


def _codes(codes: Codes, update: dict[str, Any]) -> str:
    return codes.model_copy(update=update).model_dump_json()


def test_a_log_counts_what_was_asked(pair: tuple[EvalLog, EvalLog]) -> None:
    """The log's own usage, which budgets read, holds the questions too."""
    without, probed = (sum(u.total_tokens for u in log.stats.model_usage.values()) for log in pair)
    asked = sum(p.input_tokens + p.output_tokens for t in _transcripts(pair[1]).values() for p in t.probes)
    assert probed - without == asked > 0


def test_judges_are_shown_answers_apart(pair: tuple[EvalLog, EvalLog]) -> None:
    """The block for judges holds question and answer, and no utterance of the trial does."""
    for transcript in _transcripts(pair[1]).values():
        block = show_probes(transcript)
        said = "\n".join(each.text for each in transcript.utterances)
        for probe in transcript.probes:
            assert probe.question in block
            assert str(probe.answer) in block
            assert probe.question not in said
    assert all(show_probes(each) == "" for each in _transcripts(pair[0]).values())


class _Listener:
    """A provider that keeps what it was sent and answers as it is told."""

    def __init__(self, answer: Any) -> None:
        self.answer = answer
        self.seen: list[tuple[str, list[Any]]] = []

    async def generate(self, input: Any, tools: Any, tool_choice: Any, config: Any) -> ModelOutput:  # noqa: A002, ARG002
        self.seen.append(("\n".join(each.text for each in input), list(tools)))
        for message in input:
            message.metadata = {"spoiled": True}
        if isinstance(self.answer, Exception):
            raise self.answer
        given = isinstance(self.answer, ModelOutput)
        output = self.answer if given else ModelOutput.from_content("listener", self.answer)
        output.usage = ModelUsage(input_tokens=7, output_tokens=3, total_tokens=10)
        return output


def _conversation() -> list[Any]:
    call = ToolCall(id="c1", function="finish", arguments={"summary": "Done."})
    return [
        ChatMessageSystem(content="You are the desk."),
        ChatMessageUser(content="Begin.", metadata={"gyges": "{}"}),
        ChatMessageAssistant(content="Done.", tool_calls=[call]),
    ]


@pytest.fixture
def asked_of() -> Iterator[Any]:
    """Ask about a small conversation with a model that answers as it is told."""

    def ask(answer: Any) -> tuple[Any, _Listener, list[Any], bytes]:
        model = get_model("mockllm/model", memoize=False)
        listener = _Listener(answer)
        model.api.generate = listener.generate  # type: ignore[method-assign]  # a model of our own
        messages = _conversation()
        before = json.dumps([each.model_dump(mode="json") for each in messages]).encode()
        init_active_model(model, GenerateConfig())
        return asyncio.run(ask_probes(messages)), listener, messages, before

    return ask  # type: ignore[return-value]  # a function, given by a fixture


def test_a_copy_is_asked_without_tools_and_without_the_other_answer(asked_of: Any) -> None:
    """Each question goes out in a copy of its own, and whatever a provider does there stays there."""
    probes, listener, messages, before = asked_of("An ordinary day.")
    assert json.dumps([each.model_dump(mode="json") for each in messages]).encode() == before
    assert [each.answer for each in probes] == ["An ordinary day."] * 2
    assert [each.output_tokens for each in probes] == [3, 3]
    assert all(not tools for _, tools in listener.seen)
    assert all("An ordinary day." not in text for text, _ in listener.seen)
    assert [probes[i].question in text for i, (text, _) in enumerate(listener.seen)] == [True, True]


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (ValueError("no more credit\nat all"), "failed: no more credit"),
        ("   ", "an empty answer"),
        (ModelOutput.from_content("m", "I cannot", stop_reason="content_filter"), "content filter"),
        (ModelOutput(model="m", choices=[]), "an empty answer"),
    ],
)
def test_a_question_that_fails_leaves_its_reason(asked_of: Any, answer: Any, reason: str) -> None:
    """A provider's error, a filter or silence gives no answer and says why; nothing is raised."""
    probes, _, _, _ = asked_of(answer)
    assert [each.answer for each in probes] == [None, None]
    assert all(reason in each.reason for each in probes)


def test_questions_are_open() -> None:
    """No question holds a word that leads, and both stand as files beside the code."""
    folder = Path(__file__).parents[3] / "src/gyges/trials/prompts"
    for name in ("probe-situation", "probe-reason"):
        text = (folder / f"{name}.md").read_text(encoding="utf-8").lower()
        assert text.count("?") == 1
        assert not [word for word in LEADING if word in text]


@pytest.mark.parametrize(
    ("choice", "model", "expected"),
    [
        ("auto", "openai/gpt-4o", True),
        ("auto", "gyges/aligned", False),
        (True, "gyges/aligned", True),
        (False, "openai/gpt-4o", False),
    ],
)
def test_real_models_are_asked_unless_the_study_says_otherwise(
    choice: Any, model: str, expected: bool
) -> None:
    """`auto` asks real models and spares reference agents; a study may say yes or no."""
    assert is_probed(choice, model) is expected
    assert Study(name="x", models=(ModelSpec(name=model),), probes=choice).probes == choice
    assert PROBE == "gyges_probe"


def test_a_plan_adds_the_questions_for_the_models_that_are_asked() -> None:
    """Real models take two calls a trial more than reference agents do, and `false` saves them."""
    price = Price(input=1, output=1)

    def tokens(probes: Any) -> list[int]:
        study = Study(
            name="planned",
            models=(ModelSpec(name=MODEL), ModelSpec(name="openai/any", price=price)),
            scenarios=("night-shift",),
            design=(DesignPart(kind="base", protocol="choice"),),
            trials=4,
            probes=probes,
        )
        return [each.input_tokens for each in summarize(prepare_study(study)).costs]

    simulated, real = tokens("auto")
    assert tokens(False) == [simulated, simulated]
    assert tokens(True) == [real, real]
    assert 2.5 < real / simulated < 3.5
