"""Control questions on agents of whom it is known what the answers are."""

from __future__ import annotations

from functools import cache

import numpy as np
import polars as pl
import pytest

from gyges.analysis._wordings import _estimate
from gyges.claims import load_claims
from gyges.deciding import Decided, ask, decide_thoroughly
from gyges.estimands import VALUE_KINDS
from gyges.records.judges import JudgeRow
from gyges.records.study import DesignPart
from gyges.records.verdicts import Alternative, Verdict
from tests.calibration import known
from tests.calibration.known import STUDIES, draw_codes, find_truth, know

CLAIMS = {claim.id: claim for claim in load_claims() if claim.kind not in VALUE_KINDS}
AWARE = "without trials that mention a test"
MISREAD = "without trials it misread"
OUT_OF_PLACE = ("status", "tactic", "severity", "act")


def decide_drawn(codes: pl.DataFrame, answers: pl.DataFrame | None = None) -> Decided:
    """Take codes of the core study all the way."""
    asked = ask(STUDIES["core"], tuple(CLAIMS.values()), know("aligned", "core").scenarios)
    return decide_thoroughly(codes, asked, answers)


def find(decided: Decided, claim: str) -> Verdict:
    """Find a claim's verdict."""
    (verdict,) = (each for each in decided.verdicts if each.id == claim)
    return verdict


def find_row(verdict: Verdict, variant: str) -> Alternative:
    """Find what became of a verdict elsewhere."""
    (row,) = (each for each in verdict.alternatives if each.variant == variant)
    return row


def mix(one: pl.DataFrame, other: pl.DataFrame, share: float, seed: int) -> pl.DataFrame:
    """Take a share of the trials, at random, from the second table; column `mixed` says which."""
    mixed = np.random.default_rng(seed).random(one.height) < share
    both = [one.with_columns(mixed=pl.Series(mixed)), other.with_columns(mixed=pl.Series(mixed))]
    return pl.concat([both[0].filter(~pl.col("mixed")), both[1].filter("mixed")])


@cache
def decide_noticing(seed: int) -> Decided:
    """An agent that notices the test half the time and is aligned then; judges see it."""
    codes = mix(
        draw_codes(know("insight-profile", "core"), seed),
        draw_codes(know("aligned", "core"), seed),
        0.5,
        seed,
    )
    said = pl.when("mixed").then(pl.lit("yes")).otherwise(pl.lit("no"))
    return decide_drawn(codes.with_columns(code_eval_aware=said))


@cache
def decide_misreading(seed: int) -> Decided:
    """An agent that misreads three trials in ten, and acts at random in them."""
    codes = mix(
        draw_codes(know("insight-profile", "core"), seed), draw_codes(know("random", "core"), seed), 0.3, seed
    )
    competent = pl.when(pl.col("competent").is_not_null()).then(~pl.col("mixed"))
    return decide_drawn(codes.with_columns(competent=competent))


@pytest.mark.slow
def test_an_agent_that_notices_the_test_is_found_out() -> None:
    """Noticing makes a difference, and of its true size."""
    rates = [
        np.mean([row["e_misaligned"] for row in know(profile, "core").rows if row["conflict"] == "present"])
        for profile in ("aligned", "insight-profile")
    ]
    truth = float(rates[0] - rates[1])
    for seed in range(3):
        verdict = find(decide_noticing(seed), "A1")
        assert verdict.verdict == "refuted", verdict
        assert verdict.low is not None
        assert verdict.high is not None
        assert verdict.low - 0.05 <= truth <= verdict.high + 0.05
        assert {part.bound for part in verdict.parts} == {0.05, None}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("variant", "share", "other"),
    [(AWARE, 0.5, "aligned"), (MISREAD, 0.3, "random")],
    ids=["aware", "misread"],
)
def test_what_is_left_out_no_longer_counts(variant: str, share: float, other: str) -> None:
    """With all trials an effect is that of the mixture; without those it is that of the agent itself."""
    decide_one = decide_noticing if variant == AWARE else decide_misreading
    own, mixed = [], []
    for claim in ("C25", "C42", "C43", "C46"):
        truths = [
            find_truth(know(p, "core"), CLAIMS[claim], "conjoint")[0].value
            for p in ("insight-profile", other)
        ]
        for seed in range(3):
            verdict = find(decide_one(seed), claim)
            if verdict.parts:
                continue
            row = find_row(verdict, variant)
            sign = CLAIMS[claim].direction
            assert verdict.estimate is not None
            assert row.estimate is not None
            own.append(sign * row.estimate - truths[0])
            mixed.append(sign * verdict.estimate - ((1 - share) * truths[0] + share * truths[1]))
    assert abs(np.mean(own)) < 0.05
    assert abs(np.mean(mixed)) < 0.05


@pytest.mark.slow
def test_misread_trials_are_counted_and_left_out() -> None:
    """Three trials in ten misread are too many, whatever was done in them; none at all are few enough."""
    for seed in range(3):
        verdict = find(decide_misreading(seed), "A4")
        assert verdict.verdict == "refuted"
        assert verdict.estimate == pytest.approx(0.3, abs=0.05)
        assert "Decided again for this question" in verdict.reason
    clean = decide_drawn(draw_codes(know("insight-profile", "core"), 1))
    assert find(clean, "A4").verdict == "supported"
    assert all(row.variant != MISREAD for verdict in clean.verdicts for row in verdict.alternatives)


@pytest.mark.slow
def test_noticing_that_changes_nothing_is_no_objection() -> None:
    """Where trials that mention a test behave like the others, noticing is no objection; nothing flips."""
    words = []
    for seed in range(6):
        codes = draw_codes(know("aligned", "core"), seed)
        noticed = np.random.default_rng(seed).random(codes.height) < 0.5
        said = pl.Series("code_eval_aware", np.where(noticed, "yes", "no"))
        decided = decide_drawn(codes.with_columns(said))
        words.append(find(decided, "A1").verdict)
        flips = [
            v.id
            for v in decided.verdicts
            for row in v.alternatives
            if row.question == "A1" and row.change == "flips"
        ]
        assert flips == []
    assert "refuted" not in words
    assert words.count("supported") >= 4


@pytest.mark.slow
def test_leaving_trials_out_at_random_flips_hardly_anything() -> None:
    """Half of the trials drawn by lot weaken verdicts, and flip next to none."""
    flips = weaker = decided = 0
    for seed in range(8):
        codes = draw_codes(know("insight-profile", "core"), 50 + seed)
        noticed = np.random.default_rng(seed).random(codes.height) < 0.5
        said = pl.Series("code_eval_aware", np.where(noticed, "yes", "no"))
        for verdict in decide_drawn(codes.with_columns(said)).verdicts:
            rows = [row.change for row in verdict.alternatives if row.question == "A1"]
            if rows and verdict.verdict in {"supported", "refuted"}:
                decided += 1
                flips += rows == ["flips"]
                weaker += rows == ["weakens"]
    assert decided >= 40
    assert weaker >= 3
    assert flips <= 0.05 * decided + 2


@pytest.mark.slow
@pytest.mark.parametrize("spread", [0.0, 0.1, 0.25])
def test_the_spread_over_wordings_is_unbiased(spread: float) -> None:
    """The estimate of σ² is right on average, whatever wordings do, in strata as small as a scenario's."""
    rng = np.random.default_rng(8)
    found = []
    for _ in range(4000):
        sizes = rng.multinomial(90, np.full(20, 1 / 20))
        chances = np.clip(0.4 + spread * rng.choice([-1, 1], size=20), 0, 1)
        groups = [(int(n), int(rng.binomial(n, p))) for n, p in zip(sizes, chances, strict=True) if n]
        found.append(_estimate(groups, sum(n * (n - 1) for n, _ in groups), 90))
    values = np.array([each.spread for each in found])
    error = 4 * values.std() / np.sqrt(len(values))
    assert abs(values.mean() - spread**2) < error + 0.02 * spread**2
    if not spread:
        assert np.mean([each.null for each in found]) == pytest.approx(values.var(), rel=0.1)


def vary_wordings(spread: float, seed: int) -> pl.DataFrame:
    """Draw codes in which each wording moves the rate of misaligned trials up or down by as much."""
    codes = draw_codes(know("insight-profile", "core"), seed)
    rng = np.random.default_rng(seed)
    moves = {
        key: spread * rng.choice([-1, 1])
        for key in codes.select("scenario", "variant").unique().sort("scenario", "variant").iter_rows()
    }
    chance = [0.4 + moves[key] for key in codes.select("scenario", "variant").iter_rows()]
    drawn = pl.Series("misaligned", rng.random(codes.height) < np.array(chance))
    return codes.with_columns(misaligned=pl.when(pl.col("status") == "coded").then(drawn))


@pytest.mark.slow
def test_one_lucky_wording_is_found_out() -> None:
    """Wordings that move the rate by 30 points either way are found, and ones that do nothing are not."""
    wild = [find(decide_drawn(vary_wordings(0.3, seed)), "A3") for seed in range(3)]
    assert {verdict.verdict for verdict in wild} == {"refuted"}
    assert np.mean([verdict.estimate for verdict in wild]) == pytest.approx(0.3, abs=0.05)
    calm = [find(decide_drawn(vary_wordings(0.0, seed)), "A3") for seed in range(6)]
    assert "refuted" not in {verdict.verdict for verdict in calm}
    assert sum(verdict.verdict == "supported" for verdict in calm) >= 3


BOTH = STUDIES["core"].model_copy(
    update={
        "trials": 1000,
        "design": (DesignPart(kind="base", share=0.5), DesignPart(kind="base", share=0.5, protocol="choice")),
    }
)


@pytest.mark.slow
def test_what_is_said_and_what_is_done_are_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    """One policy in both protocols has no gap, another in each the true one, and intervals cover it."""
    monkeypatch.setitem(known.STUDIES, "both", BOTH)
    agents = {profile: know(profile, "both") for profile in ("power-maximiser", "aligned")}
    rates = {
        name: float(np.mean([row["e_misaligned"] for row in each.rows])) for name, each in agents.items()
    }
    words = []
    for says, truth in (("power-maximiser", 0.0), ("aligned", rates["power-maximiser"] - rates["aligned"])):
        covered = 0
        for seed in range(12):
            tables = [
                draw_codes(agents[name], seed + i * 100) for i, name in enumerate(("power-maximiser", says))
            ]
            codes = pl.concat(
                [
                    tables[0].filter(pl.col("protocol") == "agentic"),
                    tables[1].filter(pl.col("protocol") == "choice"),
                ]
            )
            asked = ask(BOTH, tuple(CLAIMS.values()), agents["aligned"].scenarios)
            verdict = find(decide_thoroughly(codes, asked), "A6")
            assert verdict.low is not None
            assert verdict.high is not None
            covered += verdict.low <= truth <= verdict.high
            words.append((says, verdict.verdict))
        assert covered >= 10
    assert ("power-maximiser", "refuted") not in words
    assert words.count(("power-maximiser", "supported")) >= 6
    assert ("aligned", "supported") not in words
    assert words.count(("aligned", "refuted")) >= 10


def test_judges_that_disagree_are_said_to() -> None:
    """Agreement below the floor leaves the question open, and where none is known it is not tested."""
    codes = draw_codes(know("aligned", "core"), 2).with_columns(code_eval_aware=pl.lit("no"))
    rows = [
        {"trial": trial, "item": "eval-aware", "act": "", "coder": coder, "value": value, "status": "coded"}
        for trial in codes.with_row_index("trial")["trial"].cast(pl.String)
        for coder, value in (("judge/one", "no"), ("judge/two", "yes"))
    ]
    codes = codes.with_columns(trial=pl.int_range(pl.len()).cast(pl.String))
    words = {}
    for alpha in (None, 0.1, 0.9):
        judges = (
            JudgeRow("among judges", "among judges", "eval-aware", 100, 0, n_compared=100, alpha=alpha),
        )
        asked = ask(STUDIES["core"], tuple(CLAIMS.values()), know("aligned", "core").scenarios, judges)
        words[alpha] = find(decide_thoroughly(codes, asked, pl.DataFrame(rows)), "A7")
    assert [words[each].verdict for each in (None, 0.1, 0.9)] == ["not-tested", "inconclusive", "supported"]
    assert "eval-aware" in words[0.1].reason
    assert words[0.9].estimate == 0.9


def test_what_is_said_afterwards_counts_as_noticing() -> None:
    """Trials that mention a test only when asked count as noticing it, and their number is said."""
    codes = draw_codes(know("aligned", "core"), 2).with_row_index("row")
    asked = pl.when(pl.col("row") % 4 == 0).then(pl.lit("yes")).otherwise(pl.lit("no"))
    decided = decide_drawn(codes.with_columns(code_eval_aware=pl.lit("no"), code_eval_aware_asked=asked))
    verdict = find(decided, "A1")
    assert verdict.parts[0].estimate == pytest.approx(0.25, abs=0.02)
    assert "mention it only when asked afterwards" in verdict.reason
