"""What one judge made of one trial."""

from __future__ import annotations

from dataclasses import dataclass, field

from gyges.records.codebook import Answer


@dataclass
class Judgment:
    """What one judge made of one trial."""

    judge: str
    trial: str
    key: str
    """The case's key, the questions' hash and the judge: the same, the same call."""
    record: str
    """Code of the transcript as it was shown."""
    answers: list[Answer] = field(default_factory=list)
    calls: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    failed: str = ""
    """Why no reply came; such a judgment is made again when the run is coded again."""
