"""The answers of all coders as one table, and what stands in it: consensus, counts, disagreements."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl

from gyges.coding._codebook import ACT_DONE
from gyges.coding._judgment import Judgment
from gyges.coding._votes import settle_votes
from gyges.records.codebook import NO, YES, Answer, Item
from gyges.records.codes import Codes
from gyges.records.study import Consensus
from gyges.records.tokens import Tokens

RULES = "rules"
"""The coder that the rules are."""

ANSWERS_SCHEMA: dict[str, Any] = {
    "trial": pl.String,
    "item": pl.String,
    "act": pl.String,
    "coder": pl.String,
    "value": pl.String,
    "status": pl.String,
    "reason": pl.String,
    "quotes": pl.List(pl.String),
    "input_tokens": pl.Int64,
    "output_tokens": pl.Int64,
    "cost": pl.Float64,
}
"""Columns of `answers.parquet` and their types."""

CODES = pl.List(
    pl.Struct(
        {"item": pl.String, "act": pl.String, "coder": pl.String, "value": pl.String, "status": pl.String}
    )
)
"""Type of the column `codes` of `codes.parquet`: every judge's answers about a trial."""

_PLACE = ["trial", "item", "act"]

Pricer = Callable[[str, Tokens], float | None]
"""Prices a model's tokens in US dollars; none: its price is not known."""


def answer_by_rules(codes: Iterable[Codes]) -> Iterator[Answer]:
    """Put what the rules found as answers about every act that was open in a coded trial."""
    for each in codes:
        if each.status != "coded":
            continue
        for act in each.open_acts:
            yield Answer(
                trial=each.trial.id,
                item=ACT_DONE,
                act=act,
                coder=RULES,
                value=YES if act in each.acts else NO,
                quotes=tuple(found.quote for found in each.evidence if found.act == act),
            )


def tabulate_answers(
    rules: Iterable[Answer], judgments: Iterable[Judgment], *, price: Pricer
) -> pl.DataFrame:
    """Lay answers out as a table: one row a trial, item, act and coder, always in the same order.

    What a call took stands on the first row of its answers, and nowhere else.
    """
    rows = [[*_lay_out(answer), None, None, None] for answer in rules]
    for judgment in judgments:
        used = judgment.input_tokens, judgment.output_tokens
        cost = price(judgment.judge, judgment.tokens)
        cost = judgment.cost if cost is None else cost
        for i, answer in enumerate(sorted(judgment.answers, key=lambda each: (each.item, each.act))):
            rows.append([*_lay_out(answer), *((*used, cost) if i == 0 else (None, None, None))])
    table = pl.DataFrame(rows, schema=ANSWERS_SCHEMA, orient="row")
    return table.sort("trial", "coder", "item", "act")


def _lay_out(answer: Answer) -> list[Any]:
    return [
        *(answer.trial, answer.item, answer.act, answer.coder),
        *(answer.value, answer.status, answer.reason, list(answer.quotes)),
    ]


def name_column(item: str) -> str:
    """Name the consensus column of an item."""
    return f"code_{item.replace('-', '_')}"


def add_judged(
    codes: pl.DataFrame,
    answers: pl.DataFrame | None,
    items: Sequence[Item],
    *,
    consensus: Consensus = "majority",
) -> pl.DataFrame:
    """Add what judges answered to the codes: each answer in `codes`, and a column for each item's consensus.

    The consensus is null where the judges leave it open, or where none of them gave a value. What the rules
    found stays as it is.
    """
    names = [item.id for item in items if item.unit == "trial"]
    if answers is None:
        blank = {name_column(name): pl.lit(None, pl.String) for name in names}
        return codes.with_columns(pl.lit(None, CODES).alias("codes"), **blank)
    judged = answers.filter(pl.col("coder") != RULES)
    fields = pl.struct("item", "act", "coder", "value", "status")
    nested = judged.group_by("trial", maintain_order=True).agg(fields.alias("codes").cast(CODES.inner))
    wide = find_consensus(judged, consensus).filter(act="")
    table = codes.join(nested, on="trial", how="left", maintain_order="left")
    for name in names:
        column = wide.filter(item=name).select("trial", pl.col("value").alias(name_column(name)))
        table = table.join(column, on="trial", how="left", maintain_order="left")
    return table.with_columns(pl.col("codes").cast(CODES))


def find_consensus(answers: pl.DataFrame, consensus: Consensus = "majority") -> pl.DataFrame:
    """Find what coders together say of each trial, item and act: `value`, null where that is open.

    By `majority`, a tie is open; by `posterior`, as `settle_votes` has it.
    """
    scored = answers.filter(status="coded")
    schema = {**dict.fromkeys(_PLACE, pl.String), "value": pl.String}
    found = [_settle(scored.filter(item=item), consensus) for item in sorted(set(scored["item"]))]
    return pl.concat([pl.DataFrame(schema=schema), *found]).sort(_PLACE)


def _settle(answers: pl.DataFrame, consensus: Consensus) -> pl.DataFrame:
    """Settle one item."""
    units = answers.select(_PLACE).unique().sort(_PLACE).with_row_index("unit")
    values, coders = sorted(set(answers["value"])), sorted(set(answers["coder"]))
    votes = np.full((units.height, len(coders)), -1, dtype=np.int16)
    placed = answers.join(units, on=_PLACE)
    column = [coders.index(each) for each in placed["coder"]]
    votes[placed["unit"].to_numpy(), column] = [values.index(each) for each in placed["value"]]
    settled = settle_votes(votes, len(values), consensus)
    said = [values[each] if each >= 0 else None for each in settled]
    return units.select(_PLACE).with_columns(pl.Series("value", said, dtype=pl.String))


def count_judges(answers: pl.DataFrame) -> list[dict[str, Any]]:
    """Count each judge's answers by item: rows of `results.json["judges"]`.

    A call answers many questions; `cost` and tokens are shared out over them evenly, so that they add up.
    """
    judged = answers.filter(pl.col("coder") != RULES)
    spent = [
        (pl.col(name).max() / pl.len()).over("trial", "coder").alias(name)
        for name in ("input_tokens", "output_tokens", "cost")
    ]
    is_priced = pl.col("cost").is_not_null().all()
    rows = (
        judged.with_columns(spent)
        .group_by("coder", "item")
        .agg(
            (pl.col("status") == "coded").sum().alias("n"),
            (pl.col("status") == "unscored").sum().alias("unscored"),
            pl.col("input_tokens").sum(),
            pl.col("output_tokens").sum(),
            pl.when(is_priced).then(pl.col("cost").sum()).alias("cost"),
        )
        .sort("coder", "item")
    )
    return rows.to_dicts()


def list_disagreements(answers: pl.DataFrame) -> pl.DataFrame:
    """List the acts about which the rules and a judge disagree."""
    about = answers.filter(item=ACT_DONE, status="coded")
    quote = pl.col("quotes").list.join(" … ").alias("quote")
    shown = pl.when(pl.col("answer") == YES).then("quote").otherwise("quote_of_rule").alias("quote")
    rules = about.filter(coder=RULES).select("trial", "act", pl.col("value").alias("rule"), quote)
    judges = about.filter(pl.col("coder") != RULES).select(
        "trial", "act", pl.col("coder").alias("judge"), pl.col("value").alias("answer"), quote
    )
    both = judges.join(rules, on=["trial", "act"], suffix="_of_rule")
    return (
        both.filter(pl.col("answer") != pl.col("rule"))
        .with_columns(shown)
        .select("trial", "act", "rule", "judge", "answer", "quote")
        .sort("trial", "act", "judge")
    )


def choose_judgments(
    judgments: Iterable[Judgment], records: Mapping[str, str], keys: Mapping[str, str]
) -> list[Judgment]:
    """Choose what judges made of each trial as its transcript, the codebook and the judge stand now.

    Of several judgments by a judge of one trial the latest counts, and failures give way. Those that a judge
    made in another setting than its latest do not count, and neither do answers to an item that asked
    something else.

    Args:
        judgments: What judges made of trials, earliest first.
        records: Trial to the code of its transcript.
        keys: Item to the hash of what it asks.
    """
    every = list(judgments)
    settings = {each.judge: each.setting for each in every}
    kept: dict[tuple[str, str], Judgment] = {}
    for each in every:
        if records.get(each.trial) != each.record or each.setting != settings[each.judge]:
            continue
        answers = [
            answer for answer in each.answers if each.items.get(answer.item) == keys.get(answer.item, "")
        ]
        place = each.judge, each.trial
        if answers and (place not in kept or kept[place].failed or not each.failed):
            kept[place] = replace(each, answers=answers)
    return [kept[place] for place in sorted(kept)]
