import pytest

from semtel_ops.conversations.sources.formats import Format
from semtel_ops.extensions import CONVERSATION_FORMATS
from semtel_ops.testing.conformance.source_format import SourceFormatSuite
from semtel_ops.testing.source_examples import EXAMPLES, Example


class TestEveryFormat(SourceFormatSuite):
    @pytest.fixture(params=[name for name in CONVERSATION_FORMATS.names() if name in EXAMPLES])
    def known(self, request: pytest.FixtureRequest) -> Format:
        return CONVERSATION_FORMATS.load(request.param)

    @pytest.fixture
    def example(self, known: Format) -> Example:
        return EXAMPLES[known.name]


def test_every_example_is_of_a_format() -> None:
    assert set(EXAMPLES) <= set(CONVERSATION_FORMATS.names())


@pytest.mark.parametrize("name", CONVERSATION_FORMATS.names())
def test_a_format_is_registered_under_its_name(name: str) -> None:
    assert CONVERSATION_FORMATS.load(name).name == name
