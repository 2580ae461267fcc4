"""Conformance tests of kinds of classifiers."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from semtel_ops.classifiers import ClassifierSpec, Kind, Label, Problem, read_answer, read_reply
from semtel_ops.prompts import RenderedPrompt

_ODD_VALUES: Final[tuple[Any, ...]] = (
    None, True, 7, -1, 0.5, "", "  ", "no such label", [], [[]], [None], {}, {"": ""}, {"label": None}, {"labels": [1]},
    {"answer": {"answer": {"answer": 1}}}, ["a", {"b": "c"}],
)  # fmt: skip


class ClassifierKindSuite:
    """Fixtures: `kind`, a member of `Kind`; `labels`, the labels of a classifier of that kind."""

    def test_the_schema_is_a_closed_object_that_wants_all_its_keys(self, kind: Kind, labels: Sequence[Label]) -> None:
        """Strict structured outputs accept nothing else, and shared requests put the schema inside a larger schema."""
        schema = make_spec(kind, labels).schema
        assert schema["type"] == "object"
        for part in _parts(schema):
            if part.get("type") == "object":
                assert part["additionalProperties"] is False
                assert part["required"] == list(part["properties"])

    def test_an_answer_that_fits_the_schema_is_read_as_exact(self, kind: Kind, labels: Sequence[Label]) -> None:
        spec = make_spec(kind, labels)
        for answer in answers_to(spec.schema):
            labelling = read_reply(spec, json.dumps(answer))
            assert (labelling.problem, labelling.matched_by) == (None, "exact"), answer
            assert labelling.label in spec.label_ids
            assert set(labelling.labels) <= set(spec.list_ids)
            assert read_answer(spec, answer) == labelling

    def test_an_answer_with_words_around_it_is_read_and_not_as_exact(self, kind: Kind, labels: Sequence[Label]) -> None:
        spec = make_spec(kind, labels)
        answer = next(answers_to(spec.schema))
        labelling = read_reply(spec, f"Here you are:\n```json\n{json.dumps(answer)}\n```\nAnything else?")
        assert labelling.label == read_answer(spec, answer).label
        assert labelling.matched_by == "normalised"

    def test_whatever_else_comes_back_is_a_problem_and_no_error(self, kind: Kind, labels: Sequence[Label]) -> None:
        spec = make_spec(kind, labels)
        for value in _ODD_VALUES:
            for labelling in (read_answer(spec, value), read_reply(spec, json.dumps(value)), read_reply(spec, str(value))):
                assert (labelling.label is None) == (labelling.problem is not None) == (labelling.matched_by is None)
                assert labelling.problem in {None, *Problem}
                assert labelling.label in {None, *spec.label_ids}

    def test_a_repair_message_names_the_form_and_every_id(self, kind: Kind, labels: Sequence[Label]) -> None:
        spec = make_spec(kind, labels)
        demand = spec.repair_message(Problem.NO_ANSWER)
        assert "JSON" in demand
        assert all(item in demand for item in spec.item_ids)

    def test_the_same_answer_is_the_same_category_and_can_be_shown(self, kind: Kind, labels: Sequence[Label]) -> None:
        spec = make_spec(kind, labels)
        for answer in answers_to(spec.schema):
            first, second = read_answer(spec, answer), read_answer(spec, json.loads(json.dumps(answer)))
            category = spec.answer_kind.category(first.label, first.labels)
            assert category == spec.answer_kind.category(second.label, second.labels)
            assert all(category)
            assert spec.answer_kind.in_words(first)

    def test_a_golden_label_means_the_answer_that_has_it(self, kind: Kind, labels: Sequence[Label]) -> None:
        spec = make_spec(kind, labels)
        for label in spec.label_ids:
            assert spec.answer_kind.golden(spec, "VARCHAR", [label]) == spec.answer_kind.category(label, ())
        assert spec.answer_kind.golden(spec, "VARCHAR", ["no such label"]) is None

    def test_a_kind_has_a_title_a_length_and_a_form(self, kind: Kind, labels: Sequence[Label]) -> None:
        spec = make_spec(kind, labels)
        assert spec.answer_kind.title
        assert spec.answer_kind.reply_tokens > 0
        assert spec.answer_form.startswith("{")
        assert spec.answer_kind.problem(labels) is None


def make_spec(kind: Kind, labels: Sequence[Label]) -> ClassifierSpec:
    """A classifier with these labels and a prompt of one sentence."""
    return ClassifierSpec(
        id="depth",
        name="Depth of task",
        description="",
        version="1.0.0",
        source="",
        kind=kind,
        labels=tuple(labels),
        prompt=RenderedPrompt("Judge.", (), "Here:\n", "\nWhich?"),
        max_output_tokens=40,
    )


def answers_to(schema: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Six answers that fit a schema; each field takes its allowed values in turn."""
    for number in range(6):
        yield {key: _value(part, number) for key, part in schema["properties"].items()}


def _value(schema: Mapping[str, Any], number: int) -> Any:
    if "enum" in schema:
        return schema["enum"][number % len(schema["enum"])]
    if schema["type"] == "array":
        return [_value(schema["items"], number), *([_value(schema["items"], number + 1)] if number % 2 else [])]
    if schema["type"] == "object":
        return {key: _value(part, number) for key, part in schema["properties"].items()}
    if schema["type"] == "integer":
        low, high = schema.get("minimum", 0), schema.get("maximum", 5)
        return low + number % (high - low + 1)
    return {"number": number / 2, "boolean": number % 2 == 0, "string": f"text {number}"}[schema["type"]]


def _parts(schema: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield schema
    for inner in (*schema.get("properties", {}).values(), *([schema["items"]] if "items" in schema else [])):
        yield from _parts(inner)
