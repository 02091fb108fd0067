"""Codes gathered from the logs of a run, log by log, so that a large run fits into little memory."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from gyges.judging import Coded
from gyges.pricing import cost_of, cost_of_all
from gyges.records.codes import Codes
from gyges.records.plan import Plan, Trial
from gyges.records.study import Price
from gyges.records.tokens import Usage, add_usage

if TYPE_CHECKING:
    from collections.abc import Sequence

    import polars as pl

    from gyges.records.transcript import Probe

_AT_ONCE = 1_000


class CodedLog(NamedTuple):
    """What one log's trials were coded as."""

    table: pl.DataFrame
    """A row a trial, as it came."""
    digests: tuple[str, ...]
    """For each row what `digest_trial` makes of its trial."""
    coded: tuple[Coded, ...]
    """For each row what a judge needs; empty where no judge is to be shown anything."""
    usage: Usage
    """What its models used in all."""


class Gathered(NamedTuple):
    """What all logs of a run hold."""

    table: pl.DataFrame
    """The codes: one row a trial of the plan, sorted."""
    kept: list[Coded]
    """Of each trial the attempt that counts, sorted; empty where no judge is to be shown anything."""
    n_foreign: int
    """Trials in the logs that the plan does not hold as they stand there."""
    usage: Usage
    """What the models of all logs used."""


def code_log(prices: Mapping[str, Price | None], asks_acts: bool | None, log: str) -> CodedLog:
    """Code a log's trials by the rules; `asks_acts` is none where no judge is to be shown them."""
    from gyges.coding import code_transcript, lay_out_codes, make_case
    from gyges.trials import read_transcripts, read_usage

    codes: list[Codes] = []
    coded: list[Coded] = []
    for transcript in read_transcripts(log):
        costs = {
            "cost": cost_of_all(prices, transcript.usage),
            "probe_cost": _cost_of_probes(prices, transcript.probes),
        }
        found = code_transcript(transcript.model_copy(update=costs))
        codes.append(found)
        if asks_acts is not None:
            is_shown = found.status != "failed"
            case = make_case(transcript, found.acts, asks_acts=asks_acts) if is_shown else None
            coded.append(Coded(found, case))
    digests = tuple(digest_trial(each.trial) for each in codes)
    return CodedLog(lay_out_codes(codes), digests, tuple(coded), read_usage(log).whole)


def _cost_of_probes(prices: Mapping[str, Price | None], probes: Sequence[Probe]) -> float | None:
    from gyges.trials import tokens_of

    costs = [cost_of(prices, each.model, tokens_of(each)) for each in probes if each.model]
    known = [cost for cost in costs if cost is not None]
    return sum(known) if len(known) == len(costs) else None


def digest_trial(trial: Trial) -> str:
    """Give what is the same for equal trials alone."""
    text = json.dumps(trial.model_dump(mode="json"), sort_keys=True)
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def gather_codes(plan: Plan, logs: Iterable[CodedLog]) -> Gathered:
    """Put the codes of all logs together; a trial without any is `failed: not run`.

    Args:
        plan: The plan of the run.
        logs: What its logs were coded as, oldest first.
    """
    from gyges.coding import merge_codes
    from gyges.design import trials_of

    # A log holds what somebody ran; what counts is what the plan asked for.
    planned = {digest_trial(trial): trial.id for trial in trials_of(plan)}
    tables: list[pl.DataFrame] = []
    own: list[Coded] = []
    used: list[Usage] = []
    n_foreign = 0
    for log in logs:
        used.append(log.usage)
        is_own = [digest in planned for digest in log.digests]
        n_foreign += len(is_own) - sum(is_own)
        tables.append(log.table.filter(is_own))
        own += [each for each, mine in zip(log.coded, is_own, strict=False) if mine]
    met = {name for table in tables for name in table["trial"]}
    rest = (trial for trial in trials_of(plan) if trial.id not in met)
    table = merge_codes([*tables, *_lay_out_not_run(rest)]).table
    return Gathered(table, keep_best(own), n_foreign, add_usage(used))


def _lay_out_not_run(trials: Iterator[Trial]) -> Iterator[pl.DataFrame]:
    from gyges.coding import lay_out_codes

    while some := list(islice(trials, _AT_ONCE)):
        yield lay_out_codes(
            Codes(trial=trial, status="failed", reason="not run", cause="not-run", cost=0.0, probe_cost=0.0)
            for trial in some
        )


def keep_best(found: Iterable[Coded]) -> list[Coded]:
    """Keep one of each trial as the table does: the first that did not fail."""
    kept: dict[str, Coded] = {}
    for each in found:
        before = kept.get(each.codes.trial.id)
        if before is None or before.codes.status == "failed" != each.codes.status:
            kept[each.codes.trial.id] = each
    return [kept[trial] for trial in sorted(kept)]
