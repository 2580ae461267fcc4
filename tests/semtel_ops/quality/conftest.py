import pytest

from semtel_ops.quality import AllowedLabels, assess
from semtel_ops.quality.checks import active_checks
from semtel_ops.quality.gx import Validator
from semtel_ops.settings import QualityConfig
from semtel_ops.store.layout import Lake
from semtel_ops.testing.evidence import make_evidence
from semtel_ops.testing.landed import DEFAULT_LABELS, make_landed_rows, write_landed

LABELS = {name: DEFAULT_LABELS[name] for name in ("topic", "knowledge_work")}


@pytest.fixture
def allowed():
    return tuple(AllowedLabels(name, tuple(labels)) for name, labels in LABELS.items())


@pytest.fixture
def rows():
    """Rows of two classifiers, all successes unless asked otherwise."""

    def make(conversations=100, success=1.0, **arguments):
        return make_landed_rows(conversations=conversations, success=success, labels=LABELS, **arguments)

    return make


@pytest.fixture
def land(tmp_path):
    return lambda rows: write_landed(Lake(str(tmp_path / "lake")), rows)


@pytest.fixture
def judge(tmp_path, allowed):
    """Assess rows, or files, and return the results by (check, classifier); `only`: the checks to run, besides those of all rows."""

    def run(rows, *, config=None, labels=allowed, docs=False, only=None, **made):
        config = config or QualityConfig()
        evidence = make_evidence(Lake(str(tmp_path / "lake")), rows, labels, **made)
        folder = tmp_path / "docs"
        folder.mkdir(exist_ok=True)
        suites = Validator("manual", str(folder))
        active = None if only is None else [check for check in active_checks(config) if check.id in only]
        results = assess(evidence, config, suites, active)
        if docs:
            suites.build_docs()
        return {(result.id, result.classifier): result for result in results}

    return run
