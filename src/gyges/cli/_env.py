"""Settings from a `.env` file, as Inspect and Scout read them."""

from __future__ import annotations


def read_dotenv() -> None:
    """Take what the next `.env` up the folders says into the environment; what is set already stays."""
    from dotenv import find_dotenv, load_dotenv

    found = find_dotenv(usecwd=True)
    if found:
        load_dotenv(found, override=False)
