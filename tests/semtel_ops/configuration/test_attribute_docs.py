"""Every setting is documented where it is declared, and the text is found there."""

from enum import Enum
from typing import Any, get_args

import pytest
from pydantic import BaseModel

from semtel_ops.configuration.attribute_docs import attribute_docs
from semtel_ops.configuration.files import CONFIG_FILES
from semtel_ops.settings import PipelineConfig, Settings, Severity


def classes_in(annotation: Any, found: dict[type, None]) -> None:
    """Models and enums that an annotation holds, and those within them."""
    if isinstance(annotation, type) and issubclass(annotation, (BaseModel, Enum)) and annotation not in found:
        found[annotation] = None
        for field in getattr(annotation, "model_fields", {}).values():
            classes_in(field.annotation, found)
    for argument in get_args(annotation):
        classes_in(argument, found)


def all_classes() -> list[type]:
    found: dict[type, None] = {}
    for file in CONFIG_FILES:
        classes_in(file.model, found)
    classes_in(Settings, found)
    return list(found)


@pytest.mark.parametrize("cls", all_classes(), ids=lambda cls: cls.__qualname__)
def test_every_field_and_every_value_is_documented_in_whole_sentences(cls):
    docs = attribute_docs(cls)
    names = list(cls.model_fields) if issubclass(cls, BaseModel) else [member.name for member in cls]
    missing = [name for name in names if name not in docs]
    assert missing == []
    assert [name for name in names if not docs[name].endswith((".", "?"))] == []
    assert (cls.__doc__ or "").strip()


def test_there_are_as_many_classes_as_a_person_would_count():
    names = {cls.__name__ for cls in all_classes()}
    assert {
        "PipelineConfig",
        "QualityConfig",
        "EndpointConfig",
        "Grid",
        "LabelEntry",
        "SimulatorConfig",
        "Fault",
        "Lane",
    } <= names
    assert len(names) > 40


def test_whitespace_is_folded_and_members_are_found():
    assert attribute_docs(PipelineConfig)["lane"].startswith("How requests are sent. `auto`: each shard's lane")
    assert attribute_docs(Severity)["OFF"] == "The check is not run."


def test_a_class_without_source_is_not_documented():
    assert attribute_docs(type("Made", (), {})) == {}
