from collections.abc import Sequence

import pytest

from semtel_ops.classifiers import Kind, Label
from semtel_ops.testing.conformance.classifier_kind import ClassifierKindSuite

LABELS = (
    Label("low", "Low", "Little.", group="dsat"),
    Label("mid", "Middle", "Some.", group="sat"),
    Label("high", "High", "A lot."),
)
OF_ITS_OWN = {
    Kind.YES_NO: (Label("yes", "Yes", "It is."), Label("no", "No", "It is not.")),
    Kind.RUBRIC: LABELS[:2],
}


class TestEveryKind(ClassifierKindSuite):
    @pytest.fixture(params=Kind)
    def kind(self, request: pytest.FixtureRequest) -> Kind:
        return request.param

    @pytest.fixture
    def labels(self, kind: Kind) -> Sequence[Label]:
        return OF_ITS_OWN.get(kind, LABELS)
