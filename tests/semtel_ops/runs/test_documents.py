"""The documents of a run's folder are as their types describe them: the data dictionary is made from these."""

import types
from dataclasses import fields
from typing import Any, Union, get_args, get_origin, get_type_hints, is_typeddict

import pytest

from semtel_ops.concurrency.changes import Change
from semtel_ops.concurrency.endpoint_limiter import Snapshot
from semtel_ops.conversations.sources import Unreadable
from semtel_ops.errors import EndpointError, EndpointErrorKind
from semtel_ops.evaluation import Share
from semtel_ops.evaluation.agreement import Coefficient
from semtel_ops.quality.results import CheckResult
from semtel_ops.runs import documents
from semtel_ops.runs.plan import RunPlan
from semtel_ops.steps.totals import landed_totals
from semtel_ops.store.files import read_json
from tests.support.finished_run import write_finished_run
from tests.support.installation import Installation
from tests.support.shards import answer_request


@pytest.mark.parametrize(
    ("document", "value"),
    [
        (documents.ShareDocument, Share),
        (documents.CoefficientDocument, Coefficient),
        (documents.CheckDocument, CheckResult),
        (documents.LimitChange, Change),
        (documents.EndpointState, Snapshot),
        (documents.QuarantineLine, Unreadable),
    ],
)
def test_a_document_that_is_a_value_as_json_has_the_keys_of_the_value(document, value):
    assert list(document.__annotations__) == [field.name for field in fields(value)]


def test_totals_are_as_their_types_say(tmp_path):
    totals = landed_totals(RunPlan.load(write_finished_run(tmp_path)))
    assert set(totals) == set(documents.LandedTotals.__annotations__)
    assert set(totals["cleaning"][0]) == set(documents.CleaningCounts.__annotations__)
    assert {key for one in totals["by_endpoint"].values() for key in one} == set(documents.EndpointTotals.__annotations__)


def problems(value: Any, kind: Any, where: str = "") -> list[str]:
    """Keys of a JSON document that its type does not have, and those it lacks, with their places."""
    if is_typeddict(kind):
        missing = [f"{where}.{name} is missing" for name in sorted(kind.__required_keys__ - value.keys())]
        unknown = [f"{where}.{name} is unknown" for name in sorted(value.keys() - kind.__annotations__.keys())]
        hints = get_type_hints(kind)
        inner = [one for name in value.keys() & hints for one in problems(value[name], hints[name], f"{where}.{name}")]
        return [*missing, *unknown, *inner]
    if get_origin(kind) in {Union, types.UnionType}:
        wanted = [one for one in get_args(kind) if one is not type(None)]
        return [] if value is None else problems(value, wanted[0], where)
    if get_origin(kind) is list:
        return [one for entry in value for one in problems(entry, get_args(kind)[0], f"{where}[]")]
    if get_origin(kind) is dict:
        return [one for entry in value.values() for one in problems(entry, get_args(kind)[1], f"{where}{{}}")]
    return []


def test_a_document_that_differs_from_its_type_is_seen_at_any_depth():
    share = {"share": 0.5, "low": 0.4, "high": 0.6, "n": 10}
    found = problems({"x": {"n": 1, "agreement": share, "new": 1}}, dict[str, documents.GoldDocument])
    assert {"{}.agreement.effective_n is missing", "{}.kappa is missing", "{}.new is unknown"} <= set(found)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The folder of a labelled run that combines classifiers and chose its lanes."""
    place = tmp_path_factory.mktemp("run")
    url = f"sqlite:///{place}/ledger.db"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DATABASE_URL", url)
        made = Installation(place, url)
        made.configure(lane="auto", strategy={"combine": True, "shadow_share": 0.5}, strategy_gate={"mode": "off"})

        busy = iter([EndpointError("429", kind=EndpointErrorKind.OVERLOADED, status=429)] * 3)

        def answer(request):
            if (refusal := next(busy, None)) is not None:
                return refusal
            if "label" in request.frame.schema["properties"]:
                return answer_request(request)
            return '{"topic": {"label": "science"}, "knowledge_work": {"label": "yes"}}'

        made.answer = answer
        return RunPlan.load(made.label()["run"]).folder


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("parts", documents.PartsDocument),
        ("sample", documents.SampleDocument),
        ("lanes", documents.LanesDocument),
        ("totals", documents.TotalsDocument),
    ],
)
def test_what_the_steps_of_a_run_write_has_the_keys_of_its_type(folder, name, kind):
    document = read_json(getattr(folder, name))
    assert problems(document, kind) == []
    assert document, "there is something to compare"


@pytest.mark.parametrize(("name", "kind"), [("limits", documents.LimitsDocument), ("strategy", documents.StrategyDocument)])
def test_what_a_shard_writes_has_the_keys_of_its_type(folder, name, kind):
    found = [document for shard in (0, 1) if (document := read_json(getattr(folder, name)(shard))) is not None]
    assert found
    assert [problems(document, kind) for document in found] == [[]] * len(found)


def test_once_gathered_the_optional_keys_are_there_too(folder):
    assert "results" in read_json(folder.lanes)
    assert "shards" in read_json(folder.sample)
    assert all(read_json(folder.strategy(shard))["shadow"] for shard in (0, 1))
