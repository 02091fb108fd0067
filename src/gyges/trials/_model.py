"""Opening a model by its Inspect name, with one clear sentence when it cannot be."""

from __future__ import annotations

from typing import Any

from inspect_ai.model import GenerateConfig, Model, get_model

from gyges.errors import ModelError
from gyges.records.study import ModelSpec


def open_model(spec: ModelSpec, options: Any = None) -> Model:
    """Open a model.

    Args:
        spec: Its name, arguments and base URL.
        options: Anything with `temperature`, `max_connections` and `seed`; none: the provider's defaults.

    Raises:
        ModelError: No such provider, no key for it, or its package is missing.
    """
    config = GenerateConfig(
        temperature=getattr(options, "temperature", None),
        max_connections=getattr(options, "max_connections", None),
    )
    try:
        return get_model(spec.name, config=config, base_url=spec.base_url, memoize=False, **spec.args)
    except ModelError:
        raise
    # A provider's constructor may raise anything; whatever it is, the model cannot be used.
    except Exception as problem:  # noqa: BLE001
        raise ModelError(f"model '{spec.name}' cannot be used: {_first_line(problem)}") from None


def _first_line(problem: BaseException) -> str:
    lines = [line.strip() for line in str(problem).splitlines() if line.strip()]
    return lines[0] if lines else type(problem).__name__
