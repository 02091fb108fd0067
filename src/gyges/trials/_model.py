"""Opening a model by its Inspect name, with one clear sentence when it cannot be."""

from __future__ import annotations

import re
from typing import Any

from inspect_ai.model import GenerateConfig, Model, get_model

from gyges.errors import ModelError
from gyges.records.study import ModelSpec

_MARKUP = re.compile(r"\[/?[a-z ]+\]")
_MAX_SHOWN = 300


def open_model(spec: ModelSpec, options: Any = None) -> Model:
    """Open a model.

    Args:
        spec: Its name, arguments, config and base URL. Its config goes before the options.
        options: Anything with `temperature`, `max_connections` and `seed`; none: the provider's defaults.

    Raises:
        ModelError: No such provider, no key for it, its package is missing, or its config is not Inspect's.
    """
    shared = {name: getattr(options, name, None) for name in ("temperature", "max_connections")}
    unknown = set(spec.config) - set(GenerateConfig.model_fields)
    if unknown:
        known = ", ".join(sorted(GenerateConfig.model_fields))
        raise ModelError(f"model '{spec.name}': unknown config '{min(unknown)}'. Known: {known}.")
    try:
        config = GenerateConfig.model_validate(shared | spec.config)
        return get_model(spec.name, config=config, base_url=spec.base_url, memoize=False, **spec.args)
    except ModelError:
        raise
    # A provider's constructor may raise anything; whatever it is, the model cannot be used.
    except Exception as problem:  # noqa: BLE001
        raise ModelError(f"model '{spec.name}' cannot be used: {_in_one_line(problem)}") from None


def _in_one_line(problem: BaseException) -> str:
    plain = _MARKUP.sub("", str(problem)).removeprefix("ERROR: ")
    return (
        ": ".join(line.strip() for line in plain.splitlines() if line.strip())[:_MAX_SHOWN]
        or type(problem).__name__
    )
