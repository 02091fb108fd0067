"""One judge at work: one structured call a trial, tried again when its reply cannot be used."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from inspect_ai.model import ChatMessage, ChatMessageSystem, ChatMessageUser, Model, ModelOutput
from inspect_ai.tool import ToolInfo, ToolParams
from inspect_ai.util import JSONSchema

from gyges.coding._judgment import Judgment
from gyges.coding._questions import Case, Questions
from gyges.coding._reply import count_answered, is_answered, leave_unscored, parse_reply, read_reply
from gyges.coding._status import says_refusal
from gyges.records.tokens import Tokens, bill_tokens

ANSWER = "answer"
"""The tool by which a judge answers."""

Price = Callable[[Tokens], float | None]
"""Prices a judge's tokens in US dollars; none: its price is not known."""

_MAX_CAUSE = 200


class Judge:
    """A model that answers the codebook's questions."""

    def __init__(
        self,
        name: str,
        model: Model,
        questions: Questions,
        *,
        retries: int,
        setting: str = "",
        price: Price = lambda _: None,
    ) -> None:
        """Make a judge.

        Args:
            name: The model's name, by which its answers are known.
            model: The model, opened.
            questions: What it is asked.
            retries: How often a reply that cannot be used is asked for again.
            setting: Hash of the arguments it is called with; another setting is another reading.
            price: Prices its tokens.
        """
        self.name = name
        self.model = model
        self.questions = questions
        self.setting = setting
        self._retries = retries
        self._price = price
        self._system = ChatMessageSystem(content=questions.instructions)
        self._tool = _make_tool(questions)

    def key_of(self, case: Case) -> str:
        """Give the key of a call: whatever it depends on is in it."""
        return f"{case.key}-{self.questions.hash}-{self.name}-{self.setting}"

    async def read(self, case: Case) -> Judgment:
        """Put a case to the model, and again while its reply cannot be used; the fullest reply counts."""
        judgment = Judgment(self.name, case.trial, self.key_of(case), case.shown.code, setting=self.setting)
        reply: dict[str, Any] | None = None
        problem = ""
        messages: list[ChatMessage] = [self._system, ChatMessageUser(content=case.prompt)]
        for _ in range(1 + self._retries):
            judgment.calls += 1
            try:
                output = await self.model.generate(messages, tools=[self._tool])
            # A judge that fails in whatever way leaves its trial unscored; the others go on.
            except Exception as error:  # noqa: BLE001
                judgment.failed = problem = f"failed: {_say_cause(error)}"
                break
            _count(judgment, output)
            came = _find_reply(output)
            reply = max(reply, came, key=lambda each: count_answered(each, case, self.questions))
            if is_answered(came, case, self.questions):
                break
            problem = _say_problem(output, came)
        judgment.cost = self._price(judgment.tokens)
        if reply is None:
            judgment.answers = leave_unscored(case, self.questions, coder=self.name, reason=problem)
        else:
            judgment.failed = ""
            judgment.answers = read_reply(reply, case, self.questions, coder=self.name)
        return judgment


class _SharedParams(ToolParams):
    """The answer's schema: Inspect copies a tool's parameters several times a call; nothing changes them."""

    def __deepcopy__(self, memo: dict[int, Any] | None = None) -> _SharedParams:
        return self


def _make_tool(questions: Questions) -> ToolInfo:
    properties = {name: JSONSchema.model_validate(each) for name, each in questions.schema.items()}
    return ToolInfo(
        name=ANSWER,
        description="Give the answers to all questions, once.",
        parameters=_SharedParams(properties=properties, required=list(properties)),
    )


def _count(judgment: Judgment, output: ModelOutput) -> None:
    usage = output.usage
    if usage:
        tokens = bill_tokens(
            usage.input_tokens,
            usage.output_tokens,
            read=usage.input_tokens_cache_read,
            written=usage.input_tokens_cache_write,
            reasoning=usage.reasoning_tokens,
            total=usage.total_tokens,
        )
        judgment.input_tokens += tokens.input
        judgment.output_tokens += tokens.output
        judgment.cache_read_tokens += tokens.cache_read
        judgment.cache_write_tokens += tokens.cache_write


def _find_reply(output: ModelOutput) -> dict[str, Any] | None:
    if not output.choices:
        return None
    calls = [
        # A tool's arguments come parsed, but some models put the whole object into text once more.
        {name: _unpack(value) for name, value in call.arguments.items()}
        for call in output.message.tool_calls or ()
        if call.function == ANSWER and not call.parse_error and call.arguments
    ]
    if calls:
        # Of two replies that differ, neither can be believed.
        return calls[0] if all(call == calls[0] for call in calls) else None
    return parse_reply(output.completion)


def _unpack(value: Any) -> Any:
    if isinstance(value, str) and value[:1] in "{[":
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value


def _say_problem(output: ModelOutput, reply: dict[str, Any] | None) -> str:
    if reply is not None:
        return "empty: some questions have no answer"
    if output.stop_reason == "content_filter" or says_refusal(output.completion if output.choices else ""):
        return "refused"
    if output.choices and output.message.tool_calls:
        return "not a valid answer: no structured answer came, or several that differ"
    if not output.choices or not output.completion.strip():
        return "empty: no answer"
    return "not a valid answer: no structured answer came"


def _say_cause(problem: BaseException) -> str:
    # Inspect's own error begins with the whole request; what the provider said is its cause.
    origin = problem.__cause__ or problem
    lines = str(getattr(origin, "message", None) or origin).strip().splitlines()
    return lines[0][:_MAX_CAUSE] if lines else type(origin).__name__
