"""What one judge made of one trial."""

from __future__ import annotations

from dataclasses import dataclass, field

from gyges.records.codebook import Answer
from gyges.records.tokens import Tokens


@dataclass
class Judgment:
    """What one judge made of one trial."""

    judge: str
    trial: str
    key: str
    """The case's key, the questions' hash, the judge and its setting: the same, the same call."""
    record: str
    """Code of the transcript as it was shown."""
    answers: list[Answer] = field(default_factory=list)
    calls: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cache_read_tokens: int = 0
    """Of the tokens in, how many the provider had in its cache; likewise those it wrote to it."""
    cache_write_tokens: int = 0
    cost: float | None = None
    """US dollars at the price known when it was asked; none: no price was known."""
    setting: str = ""
    """Hash of the arguments that the judge was called with."""
    items: dict[str, str] = field(default_factory=dict)
    """Item to the hash of what was asked; the scan holds it."""
    failed: str = ""
    """Why no reply came; such a judgment is made again when the run is coded again."""

    @property
    def tokens(self) -> Tokens:
        """The tokens it took."""
        return Tokens(self.input_tokens, self.output_tokens, self.cache_read_tokens, self.cache_write_tokens)
