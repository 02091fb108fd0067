"""How often rules find the acts that reference agents do, and take a mention of an act for the act.

Run with `python benchmarks/bench_rules.py [TRIALS]` (trials a setting and profile); prints Markdown tables.
"""

from __future__ import annotations

import sys
from collections import defaultdict

from tests.accuracy.reference import Reading, measure, play_profiles
from tests.accuracy.score import ASKED_FOR, by_kind, read_tellings, score


def print_reference(n_each: int) -> None:
    """Print how often rules find the act that the policy chose, scenario by scenario."""
    readings = play_profiles(n_each)
    parts: dict[str, list[Reading]] = defaultdict(list)
    for each in readings:
        parts[each.scenario].append(each)
    print("| scenario | settings | trials | precision | recall | other acts found |")
    print("| --- | --- | --- | --- | --- | --- |")
    for name, rows in {**dict(sorted(parts.items())), "all": readings}.items():
        found = measure(rows)
        n_settings = len({(row.scenario, row.setting) for row in rows})
        rates = f"{found.precision:.3f} | {found.recall:.3f} | {found.also:.3f}"
        print(f"| {name} | {n_settings} | {found.n} | {rates} |")


def print_tellings() -> None:
    """Print how rules read changed tellings, kind by kind."""
    cases = list(read_tellings())
    print("\n| telling | act done | transcripts | recognized | wrongly | read rightly |")
    print("| --- | --- | --- | --- | --- | --- |")
    for kind, rows in sorted(
        by_kind(cases).items(), key=lambda pair: (not pair[1][0].telling.is_done, pair[0])
    ):
        found = score(rows)
        is_done = rows[0].telling.is_done
        wrong = found.false + (found.missed if is_done else 0)
        done = "yes" if is_done else "no"
        counts = f"{found.found + (0 if is_done else found.false)} | {wrong}"
        print(f"| {kind} | {done} | {found.n} | {counts} | {1 - wrong / found.n:.3f} |")
    known = score(case for case in cases if not case.telling.is_held_out)
    asked = score(case for case in cases if case.telling.kind in ASKED_FOR)
    totals = {
        "reworded, split, quoted or announced, held-out wordings too": asked,
        "known wordings of every kind": known,
        "all, with those held out": score(cases),
    }
    for name, found in totals.items():
        print(f"\n{name}: {found.n} transcripts, precision {found.precision:.3f}, recall {found.recall:.3f}")


def main() -> None:
    """Print both tables."""
    print_reference(int(sys.argv[1]) if len(sys.argv) > 1 else 26)
    print_tellings()


if __name__ == "__main__":
    main()
