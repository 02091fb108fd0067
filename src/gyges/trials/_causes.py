"""Why a trial failed, as one word of a fixed list, from an exception or from what a log kept of one.

Providers' clients share no base class, so what is asked of an exception is what they have in common: a
status code, a name, and words. The first rule that fits decides; the more particular ones stand first.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import Any, Final

from gyges.records.words import CAUSES, Cause

PERMANENT: Final[frozenset[Cause]] = frozenset({"auth", "quota", "model-gone"})
"""What no waiting mends: the next call fails as this one did."""

TRANSIENT: Final[frozenset[Cause]] = frozenset({"connection", "truncated", "malformed", "empty", "timeout"})
"""What the next attempt may well not meet, whether or not Inspect tries again by itself."""

_WORDS: Final[tuple[tuple[Cause, str], ...]] = (
    ("scene", r"its scene cannot be made"),
    ("quota", r"insufficient_quota|exceeded your current quota|credit balance|billing|payment required"),
    (
        "context-length",
        r"context[_ ]length|context window|maximum context|prompt is too long|too many (input )?tokens",
    ),
    (
        "content-filter",
        r"content[_ ]?filter|content (management )?policy|moderation|flagged|usage policy|safety system",
    ),
    ("timeout", r"timeout|timed out|deadline exceeded"),
    (
        "truncated",
        r"incomplete (chunked )?read|without sending complete|payload is not completed|EOF occurred",
    ),
    ("empty", r"NoStreamData|stream(ed)? (ended|contained) (with )?no|empty (response|completion|body)"),
    (
        "malformed",
        r"JSONDecode|ResponseValidation|PydanticSerial|non-ChatCompletion|not valid json|Expecting value",
    ),
    ("rate-limit", r"RateLimit|rate[_ -]limit|too many requests|overloaded_error|ResourceExhausted"),
    (
        "model-gone",
        r"model_not_found|NotFoundError|model.{0,80}(does not exist|not found|deprecated|retired)",
    ),
    ("auth", r"AuthenticationError|PermissionDenied|invalid.{0,12}api.?key|incorrect api key|unauthorized"),
    ("server", r"InternalServer|ServiceUnavailable|bad gateway|server[_ ]error|overloaded"),
    ("connection", r"ConnectionError|ConnectError|ReadError|WriteError|RemoteProtocol|disconnected|reset by"),
    ("rejected", r"BadRequest|UnprocessableEntity|invalid_request"),
    ("sandbox", r"sandbox|docker"),
)
_RULES: Final = tuple((cause, re.compile(words, re.IGNORECASE)) for cause, words in _WORDS)
_SERVER: Final = re.compile(r"ServiceUnavailable|InternalServer|temporarily unavailable", re.IGNORECASE)

_STATUS: Final[dict[int, Cause]] = {
    401: "auth",
    402: "quota",
    403: "auth",
    404: "model-gone",
    408: "timeout",
    410: "model-gone",
    413: "context-length",
    429: "rate-limit",
    504: "timeout",
    529: "server",
}
_TOLD_BY_WORDS: Final[dict[Cause, frozenset[int]]] = {
    "quota": frozenset({400, 402, 403, 429}),
    "context-length": frozenset({400, 413, 422}),
    "content-filter": frozenset({400, 403, 422}),
}
"""What the words of an error tell better than its status code, and with which codes: a filter that is out of
order is a server's failure, and nothing that a model did."""

_OUT_OF_MONEY: Final = re.compile(r"insufficient_quota|credit balance|payment required", re.IGNORECASE)
_LATER: Final = re.compile(
    r"retry[- ](in|after)|try again in|(per|a)[ _-]?(minute|second|day)", re.IGNORECASE
)
"""Limits that time lifts; some providers call these a quota too."""

_SAID: Final = re.compile(rf"^({'|'.join(CAUSES)}): ")
_SHOWN: Final = re.compile(r"^TrialError\((.*)\)$", re.DOTALL)
_CODE: Final = re.compile(r"(?:error code|status(?: code)?)\W{1,3}(\d{3})\b", re.IGNORECASE)
_PARSING: Final = ("inspect_ai/model/", "/openai/", "/anthropic/", "/google/", "/mistralai/", "/groq/")
_QUERY: Final = re.compile(r"\?[\w-]+=\S+")
_LONGEST: Final = 300


def find_cause(problem: BaseException) -> Cause:
    """Give the cause that an exception, or what it was raised from, tells of; `other` where none does."""
    chain = list(_unwrap(problem))
    for each in chain:
        said = _SAID.match(str(each))
        if said:
            return _as_cause(said.group(1))
    code = next((code for code in map(_status_of, chain) if code), None)
    words = "\n".join(f"{type(each).__name__}: {_say(each)}" for each in chain)
    found = _judge(words, code)
    if found == "other" and any(map(_fails_at_reading, chain)):
        # Only a list of choices is read by place, so it was there and had none.
        return "empty" if any(isinstance(each, IndexError) for each in chain) else "malformed"
    return found


def read_message(message: str) -> str:
    """Give a log's error in its own words where Inspect wrote an error of ours as Python does."""
    shown = _SHOWN.match(message)
    if shown is None:
        return message
    try:
        return str(ast.literal_eval(shown.group(1)))
    except (SyntaxError, ValueError):
        return message


def read_cause(message: str, traceback: str = "") -> Cause:
    """Give the cause that a log's error tells of.

    Args:
        message: The error's message; those of Gyges begin with their cause.
        traceback: Its traceback, of which only the names of exceptions count.
    """
    message = read_message(message)
    said = _SAID.match(message)
    if said:
        return _as_cause(said.group(1))
    names = [line for line in traceback.splitlines() if re.match(r"[\w.]+(Error|Exception|Timeout)\b", line)]
    # Inspect puts the whole request before what a provider said to it.
    words = "\n".join([message.strip().rsplit("\n\n", 1)[-1], *names])
    code = _CODE.search(words)
    return _judge(words, int(code.group(1)) if code else None)


def say_failure(problem: BaseException) -> str:
    """Say in one line why something failed, its cause first."""
    cause = find_cause(problem)
    chain = list(_unwrap(problem))
    first, root = chain[0], chain[-1]
    said = _say(first) or type(first).__name__
    if _SAID.match(said):
        return said
    if root is not first and not any(map(_status_of, chain)) and _say(root) not in said:
        said = f"{said} ({type(root).__name__}: {_say(root)})"
    return f"{cause}: {said}"[:_LONGEST]


def _say(problem: BaseException) -> str:
    """Give an exception's own words, without the request that Inspect puts before them."""
    given = getattr(problem, "body", None)
    body: dict[str, Any] = given if isinstance(given, dict) else {}
    inner = body.get("message")
    code = _status_of(problem)
    text = str(getattr(problem, "provider_message", None) or problem)
    if inner and code:
        text = f"{code} {inner}" + (f" ({body['code']})" if body.get("code") else "")
    return _QUERY.sub("?…", " ".join(text.split()))


def _unwrap(problem: BaseException | None) -> Iterator[BaseException]:
    """Give an exception and what it was raised from, the outermost that says anything first."""
    met = 0
    while problem is not None and met < 8:
        met += 1
        attempt = getattr(problem, "last_attempt", None)
        if attempt is not None:
            problem = attempt.exception()
            continue
        if isinstance(problem, BaseExceptionGroup):
            problem = problem.exceptions[0]
            continue
        yield problem
        problem = problem.__cause__ or (None if problem.__suppress_context__ else problem.__context__)


def _status_of(problem: BaseException) -> int | None:
    for name in ("status_code", "code", "status"):
        found = getattr(problem, name, None)
        if isinstance(found, int) and not isinstance(found, bool) and 400 <= found < 600:
            return found
    return None


def _judge(words: str, code: int | None) -> Cause:
    found: Cause = next((cause for cause, rule in _RULES if rule.search(words)), "other")
    if code is None:
        # An error without a code may name what was out of order.
        is_out_of_order = found in _TOLD_BY_WORDS and _SERVER.search(words)
        return "server" if is_out_of_order else found
    if code in _TOLD_BY_WORDS.get(found, ()) and not (found == "quota" and _is_limit(words, code)):
        return found
    if code in _STATUS:
        return _STATUS[code]
    return "server" if code >= 500 else "rejected"


def _is_limit(words: str, code: int) -> bool:
    """Say whether what is called a quota is a limit that time lifts, as 429 says unless money is named."""
    return code == 429 and (not _OUT_OF_MONEY.search(words) or bool(_LATER.search(words)))


def _fails_at_reading(problem: BaseException) -> bool:
    """Whether what a provider's client or Inspect stumbled over was the answer itself."""
    if not isinstance(problem, AttributeError | KeyError | IndexError | TypeError | ValueError):
        return False
    trace, last = problem.__traceback__, ""
    while trace is not None:
        last = trace.tb_frame.f_code.co_filename
        trace = trace.tb_next
    return any(part in last.replace("\\", "/") for part in _PARSING)


def _as_cause(word: str) -> Cause:
    return next(cause for cause in CAUSES if cause == word)
