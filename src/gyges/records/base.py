"""What every record shares."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, StringConstraints

SLUG = r"^[a-z][a-z0-9]*([-_][a-z0-9]+)*$"
"""Pattern of a slug."""

VERSUS = r"^[a-z]+-vs-[a-z]+$"
"""Pattern of a name that sets one word against another."""

Slug = Annotated[str, StringConstraints(pattern=SLUG, max_length=64)]
"""A name safe in a path, a column and a template: lower case, digits, single dashes."""


class Record(BaseModel):
    """Frozen data handed from one stage to the next; unknown fields are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")
