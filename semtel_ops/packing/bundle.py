"""Classifiers that share a request: the instructions around the conversations, and the reply schema, for every size.

A frame depends on the classifiers and on how many conversations there are, and on nothing else: so there are few, a journal can
be asked for all of them, and a provider that caches prompt prefixes finds the same instruction in every request.
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
    """A conversation with its labels: (classifier, label in words)."""

    conversation: PreparedConversation
    labels: list[tuple[str, str]]


class Bundle:
    """One or more classifiers that are asked together."""

    def __init__(self, specs: Sequence[ClassifierSpec], prompts: Path) -> None:
        """`prompts`: folder of the shared prompts; read when the first request needs one."""
        self.specs = tuple(specs)
        self._prompts = prompts
        self._rendered: dict[tuple[str, bool], tuple[RenderedPrompt, int]] = {}
        self._frames: dict[int, RequestFrame] = {}
        self._graders: dict[int, RequestFrame] = {}

    @property
    def combined(self) -> bool:
        return len(self.specs) > 1

    def shared(self, conversations: int) -> bool:
        """Whether a request about so many conversations has several members."""
        return self.combined or conversations > 1

    def frame(self, conversations: int) -> RequestFrame:
        """What asks about so many conversations, in a request with several members."""
        if conversations not in self._frames:
            self._frames[conversations] = self._frame(conversations)
        return self._frames[conversations]

    def grader_frame(self, conversations: int) -> RequestFrame:
        """What asks which labels of so many conversations are wrong."""
        if conversations not in self._graders:
            self._graders[conversations] = self._grader_frame(conversations)
        return self._graders[conversations]

    def members(self, conversations: Sequence[PreparedConversation]) -> tuple[Member, ...]:
        """Each conversation with each classifier, and where the reply will have its answer."""
        packed = len(conversations) > 1
        return tuple(
            Member(one, spec, ((key,) if packed else ()) + ((spec.id,) if self.combined else ()))
            for key, one in zip(conversation_keys(len(conversations)), conversations, strict=True)
            for spec in self.specs
        )

    def request(self, conversations: Sequence[PreparedConversation]) -> ChatRequest:
        """Ask about conversations; the request has several members."""
        count = len(conversations)
        keys = conversation_keys(count)
        prompt, _ = self._prompt(COMBINED if self.combined else PACKED, many=count > 1)
        fences = [transcript(one.turns, key if count > 1 else None) for key, one in zip(keys, conversations, strict=True)]
        reminder = prompt.reminder.replace(_KEYS_SLOT, ", ".join(keys))
        return ChatRequest(self.frame(count), "".join((prompt.intro, "\n".join(fences), reminder)))

    def grader_request(self, count: int, shown: Mapping[str, "Shown"]) -> ChatRequest:
        """Ask which labels are wrong.

        Args:
            count: conversations of the request that was answered.
            shown: by the conversation's key in that request.
        """
        prompt, _ = self._prompt(GRADER, many=True)
        parts: list[str] = []
        for key, one in shown.items():
            parts.append(transcript(one.conversation.turns, key))
            parts += [f"Label of {f'{key}, {name}' if self.combined else key}: {label}" for name, label in one.labels]
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
        )

    def _schema(self, conversations: int) -> dict[str, Any]:
        answer = closed_object({spec.id: spec.schema for spec in self.specs}) if self.combined else self.specs[0].schema
        if conversations == 1:
            return dict(answer)
        # Said once and referred to: a schema is paid for as input.
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
        )

    def _all_members(self, conversations: int) -> tuple[Member, ...]:
        return self.members([PreparedConversation("", "", 0.0, ())] * conversations)

    def _prompt(self, name: str, *, many: bool) -> tuple[RenderedPrompt, int]:
        """A shared prompt and the tokens it allows for a key."""
        if (name, many) not in self._rendered:
            prompt = load_prompty(self._prompts / f"{name}.prompty")
            variables = {"classifiers": [_shown(spec) for spec in self.specs], "many": many, "keys": _KEYS_SLOT}
            self._rendered[name, many] = render(prompt, variables), prompt.options.max_output_tokens
        return self._rendered[name, many]


def conversation_keys(count: int) -> list[str]:
    """c01, c02, …: short, of one length, and nothing that a conversation is about."""
    return [f"c{number:02d}" for number in range(1, count + 1)]


def grader_key(member: Member) -> str:
    """How a grader names a member: it is shown conversations with keys even where the request had but one."""
    alone = member.path[0] == member.spec.id
    return ".".join((*conversation_keys(1), *member.path) if alone else member.path)


def _shown(spec: ClassifierSpec) -> dict[str, Any]:
    return {"id": spec.id, "task": spec.task, "answer_form": spec.answer_form, "has_ids": "<id>" in spec.answer_form}


def _name(ids: Sequence[str], conversations: int) -> str:
    """A name of at most 64 letters, as providers want it."""
    return f"{'_'.join(ids)[:56]}_x{conversations}"
