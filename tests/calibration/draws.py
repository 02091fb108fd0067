"""What a shipped agent's claims come to in several draws of the core study.

    python -m tests.calibration.draws insight-profile --draws 8 --judged

prints each claim that the agent's policy makes true to an extent of interest, and each that was refuted, with
how often it was supported, refuted and left open.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter

from tests.calibration.test_certificate import STUDY, is_so, run

WORDS = ("supported", "refuted", "inconclusive")


def main() -> None:
    """Print a line a claim."""
    parser = argparse.ArgumentParser()
    parser.add_argument("agent")
    parser.add_argument("--draws", type=int, default=8, help="The study's own seed, and as many more.")
    parser.add_argument("--judged", action="store_true", help="Let judges who never err read the trials.")
    asked = parser.parse_args()
    seeds = (STUDY.seed, *range(1, asked.draws))
    found = [run(asked.agent, seed, judged=asked.judged) for seed in seeds]
    show = sys.stdout.write
    show("claim  truth     " + "  ".join(WORDS) + "\n")
    false, open_in_most, true = 0, [], 0
    for name in found[0]:
        counts = Counter(each[name].word for each in found)
        truth = next((each[name].truth for each in found if each[name].truth), None)
        false += sum(each[name].word == "supported" and not is_so(each[name]) for each in found)
        if truth != "matters" and not counts["refuted"]:
            continue
        show(f"{name:5}  {truth or '-':8}  " + "  ".join(f"{counts[word]:9}" for word in WORDS) + "\n")
        true += truth == "matters"
        if truth == "matters" and counts["supported"] < len(found) / 2:
            open_in_most.append(name)
    show(f"true to an extent of interest: {true}; supported in fewer than half of the draws: ")
    show(f"{', '.join(open_in_most) or 'none'}; falsely supported: {false}\n")


if __name__ == "__main__":
    main()
