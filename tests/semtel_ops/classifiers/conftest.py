from collections.abc import Callable

import pytest

from semtel_ops.classifiers import ClassifierSpec, Kind, Label
from semtel_ops.prompts import RenderedPrompt

LABELS = {
    Kind.ONE_OF: (
        Label("remember", "Remember", "Recall a fact.", group="low"),
        Label("create", "Create", "Make something new.", group="high", aliases=("creation", "make up")),
        Label("writing_and_editing", "Language & Writing", "Text as the task."),
        Label("other", "Other", "None of these.", aliases=("none",)),
    ),
    Kind.MANY_OF: (
        Label("health", "Health", "Body.", aliases=("medicine",)),
        Label("money", "Money", "Cash."),
        Label("technology", "Technology", "Code."),
    ),
    Kind.YES_NO: (Label("yes", "Work", "It is.", aliases=("yep",)), Label("no", "Not work", "It is not.")),
    Kind.SCALE: (
        Label("novice", "Novice", "Nothing."),
        Label("intermediate", "Intermediate", "Some.", aliases=("level 2",)),
        Label("expert", "Expert", "All."),
    ),
    Kind.RUBRIC: (
        Label("gratitude", "Gratitude", "Thanks.", group="sat"),
        Label("follow_up", "Follow-up", "Asks on.", group="sat"),
        Label("errors", "Errors", "Points out an error.", group="dsat"),
    ),
}


@pytest.fixture(scope="session")
def make_spec() -> Callable[..., ClassifierSpec]:
    """A classifier of a kind; keyword arguments replace its fields."""

    def make(kind: Kind, **fields: object) -> ClassifierSpec:
        prompt = RenderedPrompt("Judge.", (), "Here:\n", "\nWhich?")
        given = {
            "labels": LABELS.get(kind, LABELS[Kind.ONE_OF]),
            "prompt": prompt,
            "max_output_tokens": 40,
            "version": "1.0.0",
            **fields,
        }
        return ClassifierSpec(id="depth", name="Depth of task", description="", source="", kind=kind, **given)

    return make


@pytest.fixture(scope="session")
def one_of(make_spec) -> ClassifierSpec:
    return make_spec(Kind.ONE_OF)


@pytest.fixture(scope="session")
def many_of(make_spec) -> ClassifierSpec:
    return make_spec(Kind.MANY_OF)


@pytest.fixture(scope="session")
def yes_no(make_spec) -> ClassifierSpec:
    return make_spec(Kind.YES_NO)


@pytest.fixture(scope="session")
def scale(make_spec) -> ClassifierSpec:
    return make_spec(Kind.SCALE)


@pytest.fixture(scope="session")
def rubric(make_spec) -> ClassifierSpec:
    return make_spec(Kind.RUBRIC)
