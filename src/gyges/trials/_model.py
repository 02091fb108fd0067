"""Opening a model by its Inspect name, with one clear sentence when it cannot be."""

from __future__ import annotations

import functools
import inspect
import re
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from difflib import get_close_matches
from functools import partial
from io import StringIO
from typing import Any

# Inspect lists its providers nowhere public; with an unknown one it says no more than that.
from inspect_ai._util.registry import registry_find, registry_info, registry_unqualified_name
from inspect_ai.hooks._startup import init_hooks
from inspect_ai.model import GenerateConfig, Model, get_model
from pydantic import ValidationError

from gyges.errors import GygesError, ModelError, unknown_name
from gyges.records.mistakes import find_mistakes, say_mistake
from gyges.records.secrets import find_secret, redact, redact_error
from gyges.records.study import ModelSpec
from gyges.trials._breaker import note_failure
from gyges.trials._retries import bound_retries, retry_patiently

_MARKUP = re.compile(r"\[/?[a-z ]+\]")
_UNEXPECTED = re.compile(r"unexpected keyword argument '(\w+)'")
_MAX_SHOWN = 300
_KEYLESS = "gyges"
"""The provider of the reference agents: opening one calls nothing and needs nothing."""

_store: dict[str, Model] = {}
_kept: dict[str, Model] | None = None
"""Models that are kept, by specification and settings; none: every opening is a new one."""


def find_model(spec: ModelSpec) -> None:
    """Make sure that there is such a provider, and such settings, without a key and without a call.

    Raises:
        ModelError: Inspect knows no such provider, the config is not Inspect's, or there is a secret in it.
        ProfileError: There is no such reference agent.
    """
    secret = find_secret(spec.args, spec.config, spec.base_url)
    if secret:
        raise ModelError(
            f"model '{spec.name}': {secret}: a study is kept in its run folder, so it may hold no key or"
            " password; put it into the provider's environment variable."
        )
    _make_config(spec, None)
    provider, slash, _ = spec.name.partition("/")
    if not slash and spec.name != "none":
        raise ModelError(f"model '{spec.name}': expected provider/model, like 'openai/gpt-4o'.")
    if not _find_apis(provider):
        known = {registry_unqualified_name(registry_info(each)) for each in _find_apis(None)}
        raise ModelError(f"model '{spec.name}': {unknown_name('provider', provider, known)}")
    if provider == _KEYLESS:
        _open(spec, GenerateConfig())


def open_model(spec: ModelSpec, options: Any = None) -> Model:
    """Open a model.

    Args:
        spec: Its name, arguments, config and base URL. Its config goes before the options.
        options: Anything with `temperature`, `max_connections` and `seed`; none: the provider's defaults.

    Raises:
        ModelError: No such provider, no key for it, its package is missing, or its config is not Inspect's.
        ProfileError: There is no such reference agent.
    """
    find_model(spec)
    return _open(spec, _make_config(spec, options))


@contextmanager
def keeping_models() -> Iterator[None]:
    """Open each model once in this process, here and in later blocks: its weights stay in memory."""
    global _kept  # noqa: PLW0603 - what a process keeps
    _kept, before = _store, _kept
    try:
        yield
    finally:
        _kept = before


def _open(spec: ModelSpec, config: GenerateConfig) -> Model:
    key = f"{spec.model_dump_json()} {config.model_dump_json()}"
    if _kept is not None and key in _kept:
        return _kept[key]
    model = _open_anew(spec, config)
    if _kept is not None:
        _kept[key] = model
    return model


def _open_anew(spec: ModelSpec, config: GenerateConfig) -> Model:
    # With the first model of a process Inspect prints which hooks there are.
    with redirect_stdout(StringIO()):
        init_hooks()
    try:
        model = _without_secrets(
            get_model(spec.name, config=config, base_url=spec.base_url, memoize=False, **spec.args)
        )
    except GygesError:
        raise
    # A provider's constructor may raise anything; whatever it is, the model cannot be used.
    except Exception as problem:  # noqa: BLE001
        unexpected = _UNEXPECTED.search(str(problem)) if isinstance(problem, TypeError) else None
        if unexpected:
            raise ModelError(_say_unknown_argument(spec, unexpected.group(1))) from None
        raise ModelError(f"model '{spec.name}' cannot be used: {_in_one_line(problem)}") from None
    retry_patiently(model, spec, partial(note_failure, str(model)))
    return model


def _without_secrets(model: Model) -> Model:
    """Strike keys out of whatever a provider raises, before Inspect writes it into a log."""
    generate: Callable[..., Awaitable[Any]] = model.api.generate

    @functools.wraps(generate)
    async def guarded(*args: Any, **named: Any) -> Any:
        try:
            return await generate(*args, **named)
        except Exception as problem:
            redact_error(problem)
            raise

    model.api.generate = guarded  # type: ignore[method-assign]
    return model


def _make_config(spec: ModelSpec, options: Any) -> GenerateConfig:
    unknown = set(spec.config) - set(GenerateConfig.model_fields)
    if unknown:
        problem = unknown_name("config", min(unknown), GenerateConfig.model_fields)
        raise ModelError(f"model '{spec.name}': {problem}")
    shared = {name: getattr(options, name, None) for name in ("temperature", "max_connections")}
    content = bound_retries(spec) | shared | spec.config
    try:
        return GenerateConfig.model_validate(content)
    except ValidationError as wrong:
        mistake = find_mistakes(wrong, GenerateConfig, content)[0]
        raise ModelError(f"model '{spec.name}': config: {say_mistake(mistake, content)}") from None


def _find_apis(provider: str | None) -> list[Any]:
    """Find Inspect's entries for a provider; none: for all of them."""
    return registry_find(
        lambda info: (
            info.type == "modelapi" and (provider is None or registry_unqualified_name(info) == provider)
        )
    )


def _say_unknown_argument(spec: ModelSpec, argument: str) -> str:
    (api, *_) = _find_apis(spec.name.partition("/")[0])
    # What was registered stands in a closure around it, a class or a function that gives one.
    registered = inspect.getclosurevars(api).nonlocals.get("wrapped")
    maker = registered if isinstance(registered, type) else registered() if registered else None
    known = list(inspect.signature(maker).parameters) if maker else []
    near = get_close_matches(argument, known, n=1)
    hint = f"; did you mean '{near[0]}'?" if near else "."
    return f"model '{spec.name}': unknown argument '{argument}'{hint}"


def _in_one_line(problem: BaseException) -> str:
    plain = _MARKUP.sub("", str(getattr(problem, "message", None) or problem)).removeprefix("ERROR: ")
    text = redact(": ".join(line.strip() for line in plain.splitlines() if line.strip()))
    return text[:_MAX_SHOWN] or type(problem).__name__
