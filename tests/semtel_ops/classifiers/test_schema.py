import pytest

from semtel_ops.classifiers import Kind


def walk(schema):
    yield schema
    for inner in schema.get("properties", {}).values():
        yield from walk(inner)
    if "items" in schema:
        yield from walk(schema["items"])


@pytest.mark.parametrize("kind", Kind)
def test_every_object_is_closed_and_wants_all_its_keys(make_spec, kind):
    for part in walk(make_spec(kind).schema):
        if part["type"] == "object":
            assert part["additionalProperties"] is False
            assert part["required"] == list(part["properties"])


@pytest.mark.parametrize("kind", [Kind.ONE_OF, Kind.YES_NO, Kind.SCALE])
def test_one_label_is_an_enum_of_ids_in_the_order_of_the_file(make_spec, kind):
    spec = make_spec(kind)
    assert spec.schema["properties"] == {"label": {"type": "string", "enum": list(spec.label_ids)}}


def test_several_labels_are_a_list_of_the_enum(many_of):
    assert many_of.schema["properties"]["labels"] == {
        "type": "array",
        "items": {"type": "string", "enum": ["health", "money", "technology"]},
    }


def test_a_rubric_is_an_integer_for_each_item(rubric):
    assert rubric.schema["properties"]["follow_up"] == {
        "type": "integer",
        "description": "Follow-up",
        "minimum": 0,
        "maximum": 10,
    }
    assert rubric.schema["required"] == ["gratitude", "follow_up", "errors"]
