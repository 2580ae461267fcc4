"""Requests about a prompt, which an optimiser of prompts makes: write a rule, rewrite a definition, shorten a text.

Such a request has no schema, or a schema whose properties are texts, and no system message with definitions of labels. Outside
of any conversation tags, its last user message says `write`, `rewrite`, `reword`, `paraphrase` or `shorten` with `rule`,
`sentence`, `definition`, `instruction` or `paragraph`, and defines the labels that it is about on lines of the form
`technology: …` or `- technology: …`. A reply is made of the words of these definitions:

- a rule or sentence for two labels sets them apart: "Choose technology rather than writing if the request is about software …".
- a definition keeps its words, in another order, and sets its label apart from another label that the request names.
- a shortened text has the first half of its list, or of its sentences.
"""

import re
from typing import Any

from semtel_ops.simulator.stemming import hash_to_unit

_TASK = re.compile(
    r"\b(?P<verb>write|rewrite|reword|paraphrase|shorten)\b[^.\n]{0,80}?"
    r"\b(?P<what>rule|sentence|definition|instruction|paragraph)s?\b",
    re.IGNORECASE,
)
_LINE = re.compile(r"^(?:- )?(\w[\w-]{0,99}): (\S[^\n]*)$", re.MULTILINE)
_OF_LABEL = re.compile(r"\bdefinition of (?:the label )?[`'\"“]?(\w[\w-]*)", re.IGNORECASE)
_AT_MOST = re.compile(r"\bat most (\d{1,5}) (characters|words)\b", re.IGNORECASE)
_KEYWORDS = 4
_PROSE = re.compile(r"(?<=[.!?])\s+")


def is_free_text(kind: str, schema: Any) -> bool:
    """Whether the reply is free text: no schema, or an object of texts only."""
    if schema is None:
        return kind == "text"
    properties = schema.get("properties") if isinstance(schema, dict) else None
    return isinstance(properties, dict) and bool(properties) and all(_is_text(value) for value in properties.values())


def _is_text(schema: Any) -> bool:
    return isinstance(schema, dict) and schema.get("type") == "string" and "enum" not in schema and "const" not in schema


def rewritten(request: str, schema: Any = None) -> Any:
    """The reply to a request about a prompt; None for any other request.

    Args:
        request: the text outside of conversation tags.
        schema: an object of texts, each of which is the reply's text; None: the reply is the text itself.
    """
    task = None
    for task in _TASK.finditer(request):  # noqa: B007 - the last task counts; what comes before it is material
        pass
    if task is None:
        return None
    text = _reply(request, task)
    return text if text is None or schema is None else dict.fromkeys(schema["properties"], text)


def _reply(request: str, task: re.Match[str]) -> str | None:
    verb, what = task["verb"].casefold(), task["what"].casefold()
    definitions = dict(_LINE.findall(request))
    if verb == "shorten" or (what in {"instruction", "paragraph"} and verb != "write"):
        return _shortened(request[task.end() :].strip().rpartition("\n")[2])
    named = [word for word in dict.fromkeys(re.findall(r"\w[\w-]*", request[task.start() :])) if word in definitions]
    if what == "definition":
        of = _OF_LABEL.search(request, task.start())
        label = of[1] if of and of[1] in definitions else next(iter(named or definitions), None)
        return None if label is None else _definition(label, definitions, _limit(request[task.start() :]))
    pair = [*named, *(label for label in definitions if label not in named)][:2]
    return _rule(pair[0], pair[1], definitions, hash_to_unit([request])) if len(pair) == 2 else None


def _limit(text: str) -> int:
    """Characters that the reply may have."""
    at_most = _AT_MOST.search(text)
    return 1_000 if at_most is None else int(at_most[1]) * (1 if at_most[2].casefold() == "characters" else 6)


def _items(definition: str) -> tuple[str, list[str]]:
    """The beginning of a definition, up to its list, and the items of the list."""
    head, colon, listed = definition.rstrip(" .").partition(": ")
    return (head, re.split(r"[,;] ", listed)) if colon else ("", re.split(r"[,;] ", head))


def _about(definition: str) -> str:
    return ", ".join(_items(definition)[1][:_KEYWORDS])


def _rule(first: str, second: str, definitions: dict[str, str], draw: float) -> str:
    about, other = _about(definitions[first]), _about(definitions[second])
    if draw < 0.5:
        return f"Choose {first} rather than {second} if the request is about {about}; choose {second} if it is about {other}."
    return f"Where both {first} and {second} seem to fit: {first} for {about}, and {second} only for {other}."


def _definition(label: str, definitions: dict[str, str], limit: int) -> str:
    head, items = _items(definitions[label])
    other = next((name for name in definitions if name != label), None)
    ending = f". Not {other}, which is about {_about(definitions[other])}." if other is not None else "."
    items = [*items[1:], items[0]]
    while len(items) > 1 and len(head) + len(", ".join(items)) + len(ending) > limit:
        items.pop()
    return f"{f'{head}: ' if head else ''}{', '.join(items)}{ending}"


def _shortened(text: str) -> str | None:
    """The first half of a text's sentences or, of a single sentence, of its list."""
    if not text:
        return None
    sentences = _PROSE.split(text)
    if len(sentences) > 1:
        return " ".join(sentences[: (len(sentences) + 1) // 2])
    head, items = _items(text)
    return f"{f'{head}: ' if head else ''}{', '.join(items[: (len(items) + 1) // 2])}."
