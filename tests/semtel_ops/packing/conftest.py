from collections.abc import Callable
from pathlib import Path

import pytest

from semtel_ops.classifiers import ClassifierSpec, load_classifiers
from semtel_ops.packing import PreparedConversation
from semtel_ops.settings import PipelineConfig
from semtel_ops.testing.builders import make_turns

PROMPTS = Path(__file__).resolve().parents[3] / "include" / "prompts"


@pytest.fixture(scope="session")
def prompts() -> Path:
    return PROMPTS


@pytest.fixture(scope="session")
def specs() -> dict[str, ClassifierSpec]:
    """The shipped classifiers, by id."""
    return {spec.id: spec for spec in load_classifiers(PROMPTS, PipelineConfig().classifiers)}


@pytest.fixture(scope="session")
def prepared() -> Callable[..., list[PreparedConversation]]:
    """So many conversations, or one for each text."""

    def make(count: int = 0, *texts: str) -> list[PreparedConversation]:
        said = texts or tuple(f"question {number}" for number in range(count))
        return [
            PreparedConversation(f"id{at}", f"{at:02x}", 1.0, make_turns(text, "An answer.")) for at, text in enumerate(said)
        ]

    return make
