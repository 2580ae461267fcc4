"""Reads a `.prompty` file into parts, and writes it back: byte for byte where nothing changed.

The file is never rendered from a model of it. Each part knows its place in the text, and writing replaces the places of the
parts that changed, so comments, quoting and blank lines stay as their author left them.
"""

import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from semtel_ops.classifiers import ClassifierSpec, load_classifier
from semtel_ops.errors import PromptFileError
from semtel_ops.repair.parts import LabelPart, PromptParts, Segment, SegmentKind, next_version

_BOM = "\ufeff"
_FILE = re.compile(r"---[ \t]*\r?\n(?P<yaml>.*?)^---[ \t]*\r?\n(?P<body>.*)\Z", re.DOTALL | re.MULTILINE)
_ROLE_LINE = re.compile(r"^(system|user|assistant):[ \t]*\r?\n", re.MULTILINE)
_PARAGRAPH = re.compile(r"\S.*?(?=\s*\Z|[ \t]*\r?\n[ \t]*\r?\n)", re.DOTALL)
_TAG = re.compile(r"\{%-?\s*(end)?(if|for|raw|macro|call|filter|block|with|autoescape|set)\b([^%]*)%\}|(\{#)|(#\})")
_TEMPLATE = ("{{", "{%", "{#", "#}", "%}")
_WIDTH = 128


class _Span(NamedTuple):
    """A place in the text: the first character, and the first one after it."""

    start: int
    end: int


class _Edit(NamedTuple):
    span: _Span
    text: str


@dataclass(frozen=True, slots=True)
class PromptSource:
    """A prompt file with the places of its parts.

    Attributes:
        parts: the prompt as the file has it.
        text: the file.
    """

    parts: PromptParts
    text: str
    _version: _Span
    _effort: _Span | None
    _options: yaml.MappingNode
    _offset: int
    _items: tuple[_Span, ...]
    _definitions: tuple[_Span, ...]
    _segments: tuple[_Span, ...]
    _examples: tuple[_Span, ...]

    def write(self, parts: PromptParts, *, version: str | None = None) -> str:
        """The text of the file with these parts.

        Args:
            version: default: the file's own if nothing changed, else the next one.

        Raises:
            ValueError: the parts are not of this classifier: other ids of labels, or a fixed paragraph that changed.
        """
        self._check(parts)
        if parts == self.parts and version is None:
            return self.text
        edits = [_Edit(self._version, f'"{version or next_version(self.parts.version)}"')]
        edits += self._label_edits(parts)
        edits += self._segment_edits(parts)
        edits += [_Edit(span, "") for at, span in enumerate(self._examples) if at not in parts.examples]
        if parts.reasoning_effort != self.parts.reasoning_effort:
            edits.append(self._effort_edit(parts.reasoning_effort))
        return _edited(self.text, edits)

    @property
    def _newline(self) -> str:
        return "\r\n" if "\r\n" in self.text else "\n"

    def _check(self, parts: PromptParts) -> None:
        mine, fixed = self.parts, [segment for segment in self.parts.segments if segment.kind is SegmentKind.FIXED]
        if sorted(label.id for label in parts.labels) != sorted(label.id for label in mine.labels):
            raise ValueError("the ids of labels may not change")
        if [segment for segment in parts.segments if segment.kind is SegmentKind.FIXED] != fixed:
            raise ValueError("a paragraph with template syntax may not change")
        if (parts.classifier, parts.kind, parts.version) != (mine.classifier, mine.kind, mine.version):
            raise ValueError("the parts are not of this file")
        if not set(parts.examples) <= set(mine.examples):
            raise ValueError("worked examples can be left out, not added")

    def _label_edits(self, parts: PromptParts) -> Iterator[_Edit]:
        """Each place of a label gets the text of the label that is now there, with its definition."""
        at_of = {label.id: at for at, label in enumerate(self.parts.labels)}
        for place, label in enumerate(parts.labels):
            at = at_of[label.id]
            if at == place and label == self.parts.labels[at]:
                continue
            item, definition = self._items[at], self._definitions[at]
            text = self.text[item.start : item.end]
            if label.definition != self.parts.labels[at].definition:
                within = _Span(definition.start - item.start, definition.end - item.start)
                text = _edited(text, [_Edit(within, self._scalar(label.definition, definition))])
            yield _Edit(self._items[place], text)

    def _scalar(self, definition: str, span: _Span) -> str:
        """A definition as YAML: folded lines below its key, or in quotes where the label is written on one line."""
        line = self.text[self.text.rfind("\n", 0, span.start) + 1 : span.start]
        end = self.text.find("\n", span.end)
        if (
            "{" in line or "[" in line or self.text[span.end : end].strip()
        ):  # a comment after it would become part of a folded text
            return _quoted(definition)
        indent = " " * (len(line) - len(line.lstrip(" -")) + 2)
        folded = textwrap.wrap(definition, _WIDTH - len(indent), break_long_words=False, break_on_hyphens=False)
        return self._newline.join([">-", *(f"{indent}{each}" for each in folded)])

    def _segment_edits(self, parts: PromptParts) -> Iterator[_Edit]:
        if parts.segments == self.parts.segments:
            return
        texts: list[str] = []
        for before, segment in zip((None, *parts.segments), parts.segments, strict=False):
            if before is not None:
                texts.append(self._between(before, segment))
            same = segment.origin is not None and segment == self.parts.segments[segment.origin]
            span = self._segments[segment.origin] if segment.origin is not None and same else None
            texts.append(self.text[span.start : span.end] if span else segment.text.replace("\n", self._newline))
        whole = _Span(self._segments[0].start, self._segments[-1].end)
        yield _Edit(whole, "".join(texts))

    def _between(self, before: Segment, after: Segment) -> str:
        """What separates two paragraphs: as in the file if they follow each other there."""
        if before.origin is not None and after.origin == before.origin + 1:
            return self.text[self._segments[before.origin].end : self._segments[after.origin].start]
        return self._newline * 2

    def _effort_edit(self, effort: str | None) -> _Edit:
        value = effort or "none"
        if self._effort is not None:
            return _Edit(self._effort, value)
        last = self._options.value[-1]
        if self._options.flow_style:
            end = self._offset + last[1].end_mark.index
            return _Edit(_Span(end, end), f", reasoningEffort: {value}")
        end = self._offset + last[1].start_mark.index + len(self._leaf(last[1]))
        return _Edit(_Span(end, end), f"{self._newline}{' ' * last[0].start_mark.column}reasoningEffort: {value}")

    def _leaf(self, node: yaml.Node) -> str:
        return self.text[self._offset + node.start_mark.index : self._offset + node.end_mark.index].rstrip()


def read_parts(path: str | Path) -> PromptSource:
    """Take a prompt file apart.

    Raises:
        PromptFileError: it is not the prompt file of a classifier.
    """
    spec = load_classifier(path)  # names file, line and reason of what is wrong
    return source_of(Path(path).read_bytes().decode("utf-8"), spec, str(path))


def source_of(text: str, spec: ClassifierSpec, path: str = "<prompt>") -> PromptSource:
    """Take the text of a valid prompt file apart."""
    skipped = len(_BOM) if text.startswith(_BOM) else 0
    match = _FILE.match(text, skipped)
    if match is None:
        raise PromptFileError(path, 1, "must start with a line `---` and the frontmatter")
    offset = match.start("yaml")
    root = yaml.compose(match["yaml"], Loader=yaml.SafeLoader)
    metadata, options = _at(root, "metadata"), _at(root, "model", "options")
    items = _at(metadata, "labels").value
    definitions = [_at(item, "definition") for item in items]
    sections = _sections(text, match.start("body"))
    segments = list(_segments(text, sections[0]))
    effort = _at(options, "reasoningEffort")
    pairs = len(sections) // 2 - 1
    parts = PromptParts(
        classifier=spec.id,
        kind=spec.kind.value,
        version=spec.version,
        labels=tuple(LabelPart(label.id, label.name, label.definition) for label in spec.labels),
        segments=tuple(segment for segment, _ in segments),
        examples=tuple(range(pairs)),
        reasoning_effort=None if effort is None else str(effort.value),
    )
    return PromptSource(
        parts=parts,
        text=text,
        _version=_place(text, offset, _at(metadata, "version")),
        _effort=None if effort is None else _place(text, offset, effort),
        _options=options,
        _offset=offset,
        _items=tuple(_item(text, offset, item) for item in items),
        _definitions=tuple(_place(text, offset, definition) for definition in definitions),
        _segments=tuple(span for _, span in segments),
        _examples=tuple(_with_role_line(text, sections[1 + 2 * at], sections[2 + 2 * at]) for at in range(pairs)),
    )


def _at(node: Any, *keys: str) -> Any:
    """The YAML node of a value; None if the mapping does not have the last key."""
    for key in keys:
        node = next((value for name, value in node.value if name.value == key), None)
    return node


def _place(text: str, offset: int, node: yaml.Node) -> _Span:
    """The place of a value, without the white space that ends a block."""
    start, end = offset + node.start_mark.index, offset + node.end_mark.index
    return _Span(start, start + len(text[start:end].rstrip()))


def _item(text: str, offset: int, item: Any) -> _Span:
    """The place of a label: up to the end of its last value, so comments between labels stay where they are."""
    last = item.value[-1][1]
    end = _item(text, offset, last).end if isinstance(last, yaml.MappingNode) else _place(text, offset, last).end
    if item.flow_style:
        return _place(text, offset, item)
    return _Span(offset + item.start_mark.index, end)


def _sections(text: str, start: int) -> list[_Span]:
    """The places of the sections' texts, without their role lines."""
    found = list(_ROLE_LINE.finditer(text, start))
    ends = [match.start() for match in found[1:]] + [len(text)]
    return [_Span(match.end(), end) for match, end in zip(found, ends, strict=True)]


def _with_role_line(text: str, question: _Span, answer: _Span) -> _Span:
    return _Span(text.rfind("user:", 0, question.start), answer.end)


def _segments(text: str, section: _Span) -> Iterator[tuple[Segment, _Span]]:
    depth, comment = 0, False
    for at, match in enumerate(_PARAGRAPH.finditer(text, section.start, section.end)):
        paragraph = match[0].replace("\r\n", "\n")
        inside = depth > 0 or comment
        for tag in _TAG.finditer(paragraph):
            if tag[4] or tag[5]:
                comment = bool(tag[4])
            elif not comment and not (tag[2] == "set" and "=" in tag[3]):
                depth += -1 if tag[1] else 1
        fixed = inside or any(mark in paragraph for mark in _TEMPLATE)
        kind = SegmentKind.FIXED if fixed else _kind(at, paragraph)
        yield Segment(kind, paragraph, at), _Span(match.start(), match.end())


def _kind(at: int, paragraph: str) -> SegmentKind:
    head = paragraph.partition("\n")[0].lower()
    if head.startswith("rules:"):
        return SegmentKind.RULES
    if head.startswith(("examples:", "example:")):
        return SegmentKind.EXAMPLES
    return SegmentKind.TASK if at == 0 else SegmentKind.TEXT


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _edited(text: str, edits: list[_Edit]) -> str:
    for edit in sorted(edits, key=lambda edit: edit.span.start, reverse=True):
        text = text[: edit.span.start] + edit.text + text[edit.span.end :]
    return text
