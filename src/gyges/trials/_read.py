"""Transcripts read from Inspect logs: Gyges' own and those of `inspect eval gyges/core`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from inspect_ai.log import (
    EvalSample,
    EvalSampleSummary,
    list_eval_logs,
    read_eval_log,
    read_eval_log_sample_summaries,
    read_eval_log_samples,
)
from inspect_ai.model import ChatMessage, ContentReasoning, ModelOutput
from inspect_ai.solver import TaskState
from inspect_ai.tool import ToolCall

from gyges.errors import LogError, RunError
from gyges.reaching import is_local, open_fs, persist
from gyges.records.memory import Told
from gyges.records.plan import Trial
from gyges.records.scenario import BRIEFING, Briefing
from gyges.records.seeds import name_trial
from gyges.records.tokens import Tokens, add_usage, subtract_tokens
from gyges.records.transcript import Action, Probe, Transcript, Utterance
from gyges.records.words import Cause
from gyges.trials._causes import read_cause, read_message
from gyges.trials._unpacking import check_unpacking
from gyges.trials._usage import count_usage

BARE_MODEL = "inspect"
"""Stands for the model in trials whose model Inspect is told on its own command line."""

UNSTAGED = "gyges_unstaged"
"""Where a sample's metadata says why its scene could not be made."""

_UNREAD = {"events", "timelines", "model_fallbacks"}


def list_logs(log_dir: str) -> list[str]:
    """List the Inspect logs of a folder (local path or fsspec URL), oldest first."""
    found = persist(log_dir, lambda: list_eval_logs(log_dir, formats=["eval"], recursive=False))
    return sorted(info.name for info in found)


@contextmanager
def at_hand(log: str) -> Iterator[str]:
    """Give a log where it can be read in many small pieces: one of another machine is fetched whole, once."""
    if is_local(log):
        yield log
        return
    fs, path = open_fs(log)
    content = persist(log, lambda: fs.cat_file(path))
    with TemporaryDirectory() as folder:
        copy = Path(folder, log.rsplit("/", 1)[-1])
        copy.write_bytes(content)
        yield str(copy)


def read_transcripts(log: str) -> Iterator[Transcript]:
    """Read the transcripts of a log, one a trial; samples that Gyges did not make are passed over.

    Trials of `inspect eval` get the model of the log for their own, and it becomes part of their ids.

    Raises:
        LogError: The log cannot be read, for instance because it was cut off.
    """
    try:
        with at_hand(log) as copy:
            check_unpacking(copy, samples=True)
            model = read_eval_log(copy, header_only=True).eval.model
            for sample in read_eval_log_samples(
                copy, all_samples_required=False, resolve_attachments=True, exclude_fields=_UNREAD
            ):
                if "trial" in sample.metadata:
                    yield _with_model(_read_sample(sample, log), model, sample.epoch)
    # A log may be cut anywhere, so the zip, JSON and Pydantic layers may each be first to notice.
    except Exception as problem:
        raise damaged(log, problem) from problem


def read_model(log: str) -> str:
    """Give the Inspect name of the model that a log is of, one that could be read before."""
    return str(persist(log, lambda: read_eval_log(log, header_only=True)).eval.model)


def _with_model(transcript: Transcript, model: str, epoch: int) -> Transcript:
    trial = transcript.trial
    if trial.model != BARE_MODEL:
        return transcript
    named = trial.model_copy(update={"model": model, "id": name_trial(trial.id, model, epoch)})
    return transcript.model_copy(update={"trial": named})


def transcribe(state: TaskState) -> Transcript:
    """Read the transcript of a trial that has just been played."""
    return _read_trial(
        state.metadata["trial"],
        _Record(state.messages, state.store, state.output, briefing=find_briefing(state.messages)),
    )


class _Record(NamedTuple):
    messages: Sequence[ChatMessage]
    store: Any
    output: ModelOutput
    briefing: Briefing


def _read_sample(sample: EvalSample, log: str) -> Transcript:
    asked = sample.input if isinstance(sample.input, list) else []
    briefing = _brief_nothing(sample) if UNSTAGED in sample.metadata else find_briefing(asked)
    record = _Record(sample.messages, sample.store, sample.output, briefing=briefing)
    transcript = _read_trial(sample.metadata["trial"], record)
    usage = _leave_out(transcript.probes, count_usage(sample.model_usage))
    return transcript.model_copy(
        update={
            "error": read_message(sample.error.message) if sample.error else None,
            "cause": read_cause(sample.error.message, sample.error.traceback) if sample.error else None,
            "input_tokens": sum(tokens[0] for tokens in usage.values()),
            "output_tokens": sum(tokens[1] for tokens in usage.values()),
            "usage": usage,
            "log": log.rsplit("/", 1)[-1],
            "sample": sample.uuid or "",
        }
    )


def _brief_nothing(sample: EvalSample) -> Briefing:
    trial = Trial.model_validate(sample.metadata["trial"])
    return Briefing(
        trial=trial.id,
        protocol=trial.protocol,
        seed=trial.seed,
        cell=trial.cell,
        conflict=trial.conflict,
        acts=(),
        task=None,
        tools={},
        turns=0,
    )


def _read_trial(trial: Any, record: _Record) -> Transcript:
    world = record.store.get("TrialStore:world") or {}
    return Transcript(
        trial=Trial.model_validate(trial),
        briefing=record.briefing,
        actions=tuple(Action.model_validate(each) for each in world.get("actions", ())),
        told=tuple(Told.model_validate(each) for each in world.get("told", ())),
        chosen=record.store.get("TrialStore:chosen"),
        probes=tuple(Probe.model_validate(each) for each in record.store.get("TrialStore:probes") or ()),
        utterances=tuple(_read_utterances(record.messages)),
        finished=bool(world.get("finished")),
        stop_reason=record.output.stop_reason if record.output.choices else None,
        world=world,
        turns=record.store.get("TrialStore:turns") or 0,
    )


def _leave_out(probes: Sequence[Probe], usage: dict[str, Tokens]) -> dict[str, Tokens]:
    """Give a sample's usage without what was asked when its trial was over."""
    left = dict(usage)
    for probe in probes:
        if probe.model in left:
            left[probe.model] = subtract_tokens(left[probe.model], tokens_of(probe))
    return left


def tokens_of(probe: Probe) -> Tokens:
    """Give the tokens a question took that was put when its trial was over."""
    return Tokens(probe.input_tokens, probe.output_tokens, probe.cache_read_tokens, probe.cache_write_tokens)


class LogUsage(NamedTuple):
    """What a log's models used."""

    whole: dict[str, Tokens]
    """Model to its tokens in all, those of attempts that failed among them."""
    trials: dict[str, dict[str, Tokens]]
    """Trial to the tokens of its last attempt, by model."""
    failed: dict[str, Cause]
    """Trial that ended in an error to its cause."""


def read_usage(log: str) -> LogUsage:
    """Read what a log's models used; a damaged log counts nothing.

    The header counts attempts that failed too, but an interrupted eval may have none: then its samples count.
    """
    try:
        check_unpacking(log, samples=False)
        header = persist(log, lambda: read_eval_log(log, header_only=True))
        whole = count_usage(header.stats.model_usage)
        summaries = read_summaries(log)
    # As above: any layer may be first to notice a damaged log.
    except Exception as problem:
        if isinstance(problem, RunError):
            raise
        return LogUsage({}, {}, {})
    trials = {str(each.id): count_usage(each.model_usage) for each in summaries}
    used = dict(whole)
    for model, tokens in add_usage(trials.values()).items():
        used[model] = Tokens(*map(max, used.get(model, Tokens()), tokens))
    failed = {str(each.id): read_cause(each.error) for each in summaries if each.error is not None}
    return LogUsage(used, trials, failed)


def read_summaries(log: str) -> list[EvalSampleSummary]:
    """Read the summaries of a log's samples, again where its storage fails for the moment."""
    check_unpacking(log, samples=False)
    return list(persist(log, lambda: read_eval_log_sample_summaries(log)))


def find_briefing(messages: Sequence[ChatMessage]) -> Briefing:
    """Find the briefing that rides in a trial's first user message.

    Raises:
        ValueError: There is none, so Gyges did not make this sample.
    """
    for message in messages:
        if message.role == "user" and message.metadata and BRIEFING in message.metadata:
            return _parse_briefing(message.metadata[BRIEFING])
    raise ValueError("this sample has no briefing: it was not made by Gyges")


# Each is asked for before and after a trial is played, and as many trials as a shard has may be under way.
@lru_cache(maxsize=128)
def _parse_briefing(text: str) -> Briefing:
    return Briefing.model_validate_json(text)


def _read_utterances(messages: Sequence[ChatMessage]) -> Iterator[Utterance]:
    for message in messages:
        text = message.text
        if message.role == "assistant":
            text = "\n".join([text, *map(_show_call, message.tool_calls or ())]).strip()
        yield Utterance(role=message.role, text=text, reasoning=read_reasoning(message))


def read_reasoning(message: ChatMessage) -> str:
    """Read what a model thought before it spoke; of what its provider seals, the summary."""
    if message.role != "assistant" or isinstance(message.content, str):
        return ""
    parts = [each for each in message.content if isinstance(each, ContentReasoning)]
    return "\n\n".join(map(_say_reasoning, parts)).strip()


def _say_reasoning(part: ContentReasoning) -> str:
    if part.redacted:
        return part.summary or "(not shown by the provider)"
    return part.reasoning


def _show_call(call: ToolCall) -> str:
    """Show a call with its arguments as they were written, so that they can be read and quoted."""
    arguments = [f"{name}: {value}" for name, value in call.arguments.items()]
    return "\n".join([f"[{call.function}]", *arguments])


def find_finished(log: str) -> set[str]:
    """Find the trials that a log holds without an error, from its summaries alone.

    Raises:
        LogError: The log cannot be read.
    """
    try:
        summaries = read_summaries(log)
    # As above: any layer may be first to notice a damaged log.
    except Exception as problem:
        raise damaged(log, problem) from problem
    return {str(each.id) for each in summaries if each.completed and each.error is None}


def is_readable(content: bytes) -> bool:
    """Say whether a log can be read to its last trial."""
    with TemporaryDirectory() as folder:
        copy = Path(folder, "copy.eval")
        copy.write_bytes(content)
        try:
            find_finished(str(copy))
            for _ in read_transcripts(str(copy)):
                pass
        except LogError:
            return False
    return True


def damaged(log: str, problem: BaseException) -> RunError:
    """Say that a log cannot be read, and what helps; one that cannot be reached may be whole."""
    if isinstance(problem, RunError):
        return problem
    name = log.rsplit("/", 1)[-1]
    return LogError(
        f"logs/{name}: the log is cut off or damaged ({type(problem).__name__});"
        " `gyges resume` keeps what is whole of it and runs the rest again.",
        log,
    )
