"""Classifiers that share a request: the instructions around the conversations, and the reply schema, for each number of them.

A frame depends only on the classifiers and the number of conversations. So there are few frames, the journal can be searched
for all of them, and a provider that caches prompt prefixes receives the same instruction in every request.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from semtel_ops.classifiers import ClassifierSpec
from semtel_ops.classifiers.schema import closed_object
from semtel_ops.endpoints.model import ChatRequest, Message, RequestFrame
from semtel_ops.packing.plan import Member, PreparedConversation
from semtel_ops.prompts import RenderedPrompt, load_prompty, render, transcript

PACKED, COMBINED, GRADER = "_packed", "_combined", "_grader"
WRONG = "wrong"
_KEYS_SLOT = "\x00keys\x00"
_BRACES_TOKENS = 16


class Shown(NamedTuple):
    """A conversation as a grader is shown it; `labels`: (classifier id, label in words)."""

    conversation: PreparedConversation
    labels: list[tuple[str, str]]


class Bundle:
    """One or more classifiers that share requests."""

    def __init__(self, specs: Sequence[ClassifierSpec], prompts: Path) -> None:
        """`prompts`: folder of the shared prompts, which are read when the first request needs them."""
        self.specs = tuple(specs)
        self._prompts = prompts
        self._rendered: dict[tuple[str, bool], tuple[RenderedPrompt, int]] = {}
        self._frames: dict[int, RequestFrame] = {}
        self._graders: dict[int, RequestFrame] = {}

    @property
    def combined(self) -> bool:
        """Whether requests have several classifiers."""
        return len(self.specs) > 1

    def shared(self, conversations: int) -> bool:
        """Whether a request with this number of conversations has several members."""
        return self.combined or conversations > 1

    def frame(self, conversations: int) -> RequestFrame:
        """The frame of requests with this number of conversations and several members."""
        if conversations not in self._frames:
            self._frames[conversations] = self._frame(conversations)
        return self._frames[conversations]

    def grader_frame(self, conversations: int) -> RequestFrame:
        """The frame of grader requests for a request with this number of conversations."""
        if conversations not in self._graders:
            self._graders[conversations] = self._grader_frame(conversations)
        return self._graders[conversations]

    def members(self, conversations: Sequence[PreparedConversation]) -> tuple[Member, ...]:
        """The members of a request, ordered by conversation and then by classifier, with the paths of their answers."""
        packed = len(conversations) > 1
        return tuple(
            Member(conversation, spec, ((key,) if packed else ()) + ((spec.id,) if self.combined else ()))
            for key, conversation in zip(conversation_keys(len(conversations)), conversations, strict=True)
            for spec in self.specs
        )

    def request(self, conversations: Sequence[PreparedConversation]) -> ChatRequest:
        """A request about conversations, with several members."""
        count = len(conversations)
        keys = conversation_keys(count)
        prompt, _ = self._prompt(COMBINED if self.combined else PACKED, many=count > 1)
        fences = [
            transcript(conversation.turns, key if count > 1 else None)
            for key, conversation in zip(keys, conversations, strict=True)
        ]
        reminder = prompt.reminder.replace(_KEYS_SLOT, ", ".join(keys))
        return ChatRequest(self.frame(count), "".join((prompt.intro, "\n".join(fences), reminder)))

    def grader_request(self, count: int, shown: Mapping[str, "Shown"]) -> ChatRequest:
        """A request to the grader: which labels are wrong.

        Args:
            count: number of conversations in the graded request.
            shown: conversations by their key in that request.
        """
        prompt, _ = self._prompt(GRADER, many=True)
        parts: list[str] = []
        for key, (conversation, labels) in shown.items():
            parts.append(transcript(conversation.turns, key))
            parts += [f"Label of {f'{key}, {name}' if self.combined else key}: {label}" for name, label in labels]
        return ChatRequest(self.grader_frame(count), "".join((prompt.intro, "\n".join(parts), prompt.reminder)))

    def _frame(self, conversations: int) -> RequestFrame:
        prompt, key_tokens = self._prompt(COMBINED if self.combined else PACKED, many=conversations > 1)
        answer_tokens = sum(spec.max_output_tokens + key_tokens for spec in self.specs)
        return RequestFrame(
            messages=(Message("system", prompt.instruction),),
            schema_name=_name([spec.id for spec in self.specs], conversations),
            schema=self._schema(conversations),
            max_output_tokens=conversations * answer_tokens + _BRACES_TOKENS,
            temperature=self.specs[0].temperature,
            seed=self.specs[0].seed,
            reasoning_effort=self.specs[0].reasoning_effort,
        )

    def _schema(self, conversations: int) -> dict[str, Any]:
        answer = closed_object({spec.id: spec.schema for spec in self.specs}) if self.combined else self.specs[0].schema
        if conversations == 1:
            return dict(answer)
        # Defined once and referenced, since the schema is billed as input.
        reference = {"$ref": "#/$defs/answer"}
        return {**closed_object(dict.fromkeys(conversation_keys(conversations), reference)), "$defs": {"answer": answer}}

    def _grader_frame(self, conversations: int) -> RequestFrame:
        prompt, key_tokens = self._prompt(GRADER, many=True)
        keys = [grader_key(member) for member in self._all_members(conversations)]
        wrong = {"type": "array", "items": {"type": "string", "enum": keys}}
        return RequestFrame(
            messages=(Message("system", prompt.instruction),),
            schema_name=_name(["grade", *(spec.id for spec in self.specs)], conversations),
            schema=closed_object({WRONG: wrong}),
            max_output_tokens=len(keys) * key_tokens + _BRACES_TOKENS,
            temperature=self.specs[0].temperature,
            seed=self.specs[0].seed,
            reasoning_effort=self.specs[0].reasoning_effort,
        )

    def _all_members(self, conversations: int) -> tuple[Member, ...]:
        return self.members([PreparedConversation("", "", 0.0, ())] * conversations)

    def _prompt(self, name: str, *, many: bool) -> tuple[RenderedPrompt, int]:
        """A shared prompt, rendered, and the number of reply tokens that it allows for a key."""
        if (name, many) not in self._rendered:
            prompt = load_prompty(self._prompts / f"{name}.prompty")
            variables = {"classifiers": [_variables(spec) for spec in self.specs], "many": many, "keys": _KEYS_SLOT}
            self._rendered[name, many] = render(prompt, variables), prompt.options.max_output_tokens
        return self._rendered[name, many]


def conversation_keys(count: int) -> list[str]:
    """c01, c02, …: short, and without a meaning that could influence labels."""
    return [f"c{number:02d}" for number in range(1, count + 1)]


def grader_key(member: Member) -> str:
    """How the grader names a member. Its conversations always have keys, even if the graded request had only one."""
    single = member.path[0] == member.spec.id
    return ".".join((*conversation_keys(1), *member.path) if single else member.path)


def _variables(spec: ClassifierSpec) -> dict[str, Any]:
    return {"id": spec.id, "task": spec.task, "answer_form": spec.answer_form, "has_ids": "<id>" in spec.answer_form}


def _name(ids: Sequence[str], conversations: int) -> str:
    """A schema name within the 64 characters that providers accept."""
    return f"{'_'.join(ids)[:56]}_x{conversations}"
