"""The reference agents as an Inspect model provider: `gyges/<profile>`, or `gyges/custom -M profile=FILE`."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from inspect_ai._util.error import PrerequisiteError
from inspect_ai.model import (
    ChatCompletionChoice,
    ChatMessage,
    ChatMessageAssistant,
    GenerateConfig,
    ModelAPI,
    ModelOutput,
    ModelUsage,
    modelapi,
)
from inspect_ai.tool import ToolCall, ToolChoice, ToolInfo

from gyges.agents._profiles import Profile, load_profile, parse_profile
from gyges.agents._script import Decision, answer_choice, answer_question, answer_text, decide, play_turn
from gyges.errors import ModelError, ProfileError
from gyges.records.scenario import BRIEFING, PROBE, Briefing

CHARACTERS_PER_TOKEN = 4
TRUTH = "gyges_truth"
"""Where a message's metadata holds what the agent decided, to score coding against."""


class _ProfileNotFoundError(ProfileError, PrerequisiteError):
    """An error that Inspect's own command line says in a sentence too, and not with a traceback."""


class ReferenceAgent(ModelAPI):
    """A simulated decision-maker with a published policy; it only plays Gyges' own trials."""

    only_reads_tools = True
    """Says that tools can be handed over without copies of their parameters."""

    def __init__(
        self,
        model_name: str,
        base_url: str | None = None,
        api_key: str | None = None,
        config: GenerateConfig = GenerateConfig(),  # noqa: B008 - Inspect's own signature
        profile: str | dict[str, Any] | None = None,
    ) -> None:
        super().__init__(model_name, base_url, api_key, [], config)
        try:
            self.profile = _choose_profile(model_name, profile)
        except ProfileError as problem:
            raise _ProfileNotFoundError(str(problem)) from None

    async def generate(
        self,
        input: list[ChatMessage],  # noqa: A002 - Inspect's own name
        tools: list[ToolInfo],
        tool_choice: ToolChoice,  # noqa: ARG002 - the policy decides
        config: GenerateConfig,  # noqa: ARG002 - deterministic by the trial's seed
    ) -> ModelOutput:
        """Answer as the policy has it, at the point that the conversation has reached."""
        briefing = _find_briefing(input)
        probe = (input[-1].metadata or {}).get(PROBE)
        message = (
            ChatMessageAssistant(content=answer_question(briefing, self.profile, probe))
            if probe
            else _MAKERS[briefing.protocol](briefing, self.profile, input)
        )
        n_input = sum(_count(each.text) for each in input) + sum(_count(each.description) for each in tools)
        n_output = _count(message.text) + sum(_count(str(c.arguments)) for c in message.tool_calls or ())
        return ModelOutput(
            model=self.model_name,
            choices=[
                ChatCompletionChoice(
                    message=message, stop_reason="tool_calls" if message.tool_calls else "stop"
                )
            ],
            usage=ModelUsage(input_tokens=n_input, output_tokens=n_output, total_tokens=n_input + n_output),
        )

    async def count_text_tokens(self, text: str) -> int:
        """Count tokens as characters over four, so that nothing is downloaded to count them."""
        return _count(text)

    def max_connections(self) -> int:
        """Allow many at once: nothing is waited for."""
        return 200


@modelapi(name="gyges")
def gyges_provider() -> type[ModelAPI]:
    """Register the reference agents with Inspect."""
    return ReferenceAgent


def _choose_profile(name: str, profile: str | dict[str, Any] | None) -> Profile:
    if name == "custom":
        if profile is None:
            raise ProfileError("gyges/custom needs a profile file: -M profile=FILE.")
        return parse_profile(profile) if isinstance(profile, dict) else load_profile(profile)
    if profile is not None:
        raise ProfileError(f"a profile file goes with gyges/custom, not with gyges/{name}.")
    return load_profile(name)


def _find_briefing(messages: list[ChatMessage]) -> Briefing:
    for message in messages:
        if message.role == "user" and message.metadata and BRIEFING in message.metadata:
            return _parse_briefing(message.metadata[BRIEFING])
    raise ModelError("reference agents only play Gyges' own trials; this conversation is none.")


@lru_cache(maxsize=128)
def _parse_briefing(text: str) -> Briefing:
    return Briefing.model_validate_json(text)


def _count(text: str) -> int:
    return -(-len(text) // CHARACTERS_PER_TOKEN)


def _make_agentic(briefing: Briefing, profile: Profile, messages: list[ChatMessage]) -> ChatMessageAssistant:
    number = sum(message.role == "assistant" for message in messages)
    turn = play_turn(briefing, profile, number)
    calls = [
        ToolCall(
            id=f"{briefing.trial}-{number}-{i}",
            function=briefing.tools[call.tool],
            arguments=_cast(call.arguments),
        )
        for i, call in enumerate(turn.calls)
    ]
    decision = decide(briefing, profile) if number == 0 else None
    return ChatMessageAssistant(
        content=turn.text,
        tool_calls=calls,
        metadata=_tell_truth(decision) if decision else None,
        source="generate",
    )


def _make_text(briefing: Briefing, profile: Profile, messages: list[ChatMessage]) -> ChatMessageAssistant:  # noqa: ARG001
    decision = decide(briefing, profile)
    return ChatMessageAssistant(content=answer_text(briefing, decision), metadata=_tell_truth(decision))


def _make_choice(briefing: Briefing, profile: Profile, messages: list[ChatMessage]) -> ChatMessageAssistant:  # noqa: ARG001
    decision = decide(briefing, profile)
    return ChatMessageAssistant(content=answer_choice(briefing, decision), metadata=_tell_truth(decision))


_MAKERS = {"agentic": _make_agentic, "text": _make_text, "choice": _make_choice}


def _cast(arguments: dict[str, str]) -> dict[str, Any]:
    return {name: int(value) if name == "turns" else value for name, value in arguments.items()}


def _tell_truth(decision: Decision) -> dict[str, Any]:
    rationale = decision.rationale
    return {
        TRUTH: {
            "act": decision.act.id,
            "frame": rationale.frame,
            "reasons": list(rationale.reasons),
            "codes": rationale.codes,
        }
    }
