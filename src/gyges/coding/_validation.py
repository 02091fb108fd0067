"""Labels as a validation set of Inspect Scout, which scores a scanner against them."""

from __future__ import annotations

import json
from collections.abc import Mapping

from gyges.records.codebook import NO, YES

_PLAIN = {YES: True, NO: False}


def write_validation_set(targets: Mapping[str, Mapping[str, str]]) -> str:
    """Write a validation set as JSON, one case a transcript; `inspect_scout.validation_set` reads it.

    Args:
        targets: The transcript's id in Scout to what it should be coded as: question to answer. Yes and no
            become booleans, as a scanner's structured answer has them, and whole numbers become numbers.
    """
    cases = [
        {"id": transcript, "target": {name: _plain(value) for name, value in sorted(answers.items())}}
        for transcript, answers in sorted(targets.items())
        if answers
    ]
    return json.dumps(cases, indent=2, ensure_ascii=False) + "\n"


def _plain(value: str) -> str | bool | int:
    if value in _PLAIN:
        return _PLAIN[value]
    return int(value) if value.isdecimal() else value
