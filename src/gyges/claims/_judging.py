"""What the control questions say of the other verdicts, and whether it is the judge."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from gyges.claims._agreement import find_disagreement
from gyges.records.claim import Claim
from gyges.records.judges import JudgeRow
from gyges.records.verdicts import Verdict, VerdictWord

_AMONG = {"among judges", "majority"}


def settle_controls(
    verdicts: Sequence[Verdict],
    claims: Sequence[Claim],
    *,
    items: Collection[str],
    judges: Sequence[JudgeRow],
) -> tuple[Verdict, ...]:
    """Say beside each control question which verdicts change by it, and decide whether it is the judge.

    Args:
        verdicts: All verdicts, with their alternatives.
        claims: The registered claims.
        items: Questions of the codebook that some of these claims rest on.
        judges: How far judges agree.
    """
    by_id = {claim.id: claim for claim in claims}
    settled = []
    for verdict in verdicts:
        claim = by_id.get(verdict.id)
        mine = [each for each in verdicts if each.model == verdict.model and each is not verdict]
        if claim is not None and claim.kind == "judges":
            settled.append(_decide_judges(claim, verdict, mine, [row for row in judges if row.item in items]))
        elif verdict.id.startswith("A") and verdict.verdict != "not-tested":
            settled.append(replace(verdict, reason=f"{verdict.reason}{_say_changes(verdict.id, mine)}"))
        else:
            settled.append(verdict)
    return tuple(settled)


def _say_changes(question: str, verdicts: Sequence[Verdict]) -> str:
    """Say which verdicts flip or weaken; empty where none was decided again for this question."""
    claims = [each for each in verdicts if each.id.startswith("C")]
    rows = [(each.id, row.change) for each in claims for row in each.alternatives if row.question == question]
    if not rows:
        return ""
    flip = list(dict.fromkeys(name for name, change in rows if change == "flips"))
    weak = list(dict.fromkeys(name for name, change in rows if change == "weakens" and name not in flip))
    said = [f"{', '.join(flip)} {'flips' if len(flip) == 1 else 'flip'}"] if flip else []
    said += (
        [f"{', '.join(weak)} {'weakens' if len(weak) == 1 else 'weaken'} for want of trials"] if weak else []
    )
    return f" Decided again for this question, {' and '.join(said) or 'every verdict holds'}."


def _decide_judges(
    claim: Claim, verdict: Verdict, others: Sequence[Verdict], rows: Sequence[JudgeRow]
) -> Verdict:
    known = [row for row in rows if row.kind in _AMONG and row.alpha is not None]
    if not known:
        reason = "No agreement is known on anything that a claim rests on: it takes two judges, or labels."
        return replace(verdict, verdict="not-tested", reason=reason)
    least = min(known, key=lambda row: row.alpha if row.alpha is not None else 1.0)
    low = [
        why
        for item in sorted({row.item for row in known})
        if (why := find_disagreement(claim, (item,), rows))
    ]
    flips = list(
        dict.fromkeys(
            each.id
            for each in others
            for row in each.alternatives
            if (row.question, row.change) == ("A7", "flips")
        )
    )
    word: VerdictWord = "refuted" if flips else "inconclusive" if low else "supported"
    what = {
        "refuted": f"with one judge alone, or uncorrected, {', '.join(flips)} would come out otherwise",
        "inconclusive": "below the registered floor of "
        f"{claim.min_agreement:.2f}: nothing can be said by these codes",
        "supported": f"at least the registered floor of {claim.min_agreement:.2f}, and every verdict holds",
    }
    reason = (
        f"The lowest agreement is {least.alpha:.2f} (Krippendorff's alpha), on {least.item}: {what[word]}."
    )
    return replace(
        verdict,
        verdict=word,
        reason=reason,
        estimate=least.alpha,
        low=least.alpha_low,
        high=least.alpha_high,
        n=least.n_compared,
        scope="these scenarios only",
    )
