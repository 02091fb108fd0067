"""Models that cannot be opened are said in one sentence."""

from __future__ import annotations

from typing import Any

import pytest

from gyges.errors import InputError
from gyges.records.study import ModelSpec
from gyges.trials import find_model, open_model


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ({"name": "opnai/gpt-4o"}, "unknown provider 'opnai'. Did you mean 'openai'?"),
        ({"name": "gpt-4o"}, "expected provider/model"),
        ({"name": "gyges/alinged"}, "unknown profile 'alinged'. Did you mean 'aligned'?"),
        (
            {"name": "gyges/custom", "args": {"profil": "x"}},
            "unknown argument 'profil'; did you mean 'profile'?",
        ),
        (
            {"name": "openai/x", "config": {"max_tokns": 1}},
            "unknown config 'max_tokns'. Did you mean 'max_tokens'?",
        ),
        (
            {"name": "openai/x", "config": {"max_tokens": "many"}},
            "config: max_tokens: expected a whole number",
        ),
    ],
)
def test_a_wrong_model_is_found_without_a_key(spec: dict[str, Any], words: str) -> None:
    """A wrong provider, profile, argument or setting is known before a key is asked for."""
    with pytest.raises(InputError) as caught:
        find_model(ModelSpec(**spec))
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_right_model_is_found_without_a_key(monkeypatch: pytest.MonkeyPatch) -> None:
    """A real provider's model is found without its key, and opened only with it."""
    find_model(ModelSpec(name="openai/gpt-4o"))
    with pytest.raises(InputError, match="OPENAI_API_KEY"):
        open_model(ModelSpec(name="openai/gpt-4o"))
    monkeypatch.setenv("OPENAI_API_KEY", "not-a-key")
    with pytest.raises(InputError, match="unknown argument 'foo'"):
        open_model(ModelSpec(name="openai/gpt-4o", args={"foo": 1}))
