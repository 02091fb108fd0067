"""Labels as a validation set of Inspect Scout, which scores a scanner against them."""

from __future__ import annotations

import json
from collections.abc import Mapping


def write_validation_set(targets: Mapping[str, Mapping[str, str]]) -> str:
    """Write a validation set as JSON, one case a transcript; `inspect_scout.validation_set` reads it.

    Args:
        targets: The transcript's id in Scout to what it should be coded as, question to answer, in the form
            in which judges' results hold their answers.
    """
    cases = [
        {"id": transcript, "target": dict(sorted(answers.items()))}
        for transcript, answers in sorted(targets.items())
        if answers
    ]
    return json.dumps(cases, indent=2, ensure_ascii=False) + "\n"
