import pytest

from semtel_ops.errors import ConfigError
from semtel_ops.steps.align_adopt import adopt_candidate
from semtel_ops.store.alignment_ledger import AlignmentLedger
from semtel_ops.testing.manual_clock import ManualClock
from tests.support.alignments import alignment_record


@pytest.fixture
def adopt(ledger):
    AlignmentLedger(ledger).save(
        "luna",
        [
            alignment_record(classifier="topic", verdict="same", decision="adopt"),
            alignment_record(classifier="tone", verdict="shifted", decision="adopt_with_bridge"),
            alignment_record(candidate="west", classifier="topic", verdict="same", decision="adopt"),
            alignment_record(candidate="west", classifier="tone", verdict="worse", decision="adjust", reason="kappa falls"),
        ],
    )

    def call(candidate="east", alignment="luna", **options):
        return adopt_candidate(alignment, ledger=ledger, by="ada", candidate=candidate, clock=ManualClock(), **options)

    return call


def adopted(ledger):
    return {(record.candidate, record.classifier) for record in AlignmentLedger(ledger).records(adopted=True)}


def test_a_candidate_is_adopted_for_all_its_classifiers_once(adopt, ledger):
    first = adopt()
    assert (first["adopted"], first["with_bridge"], first["by"]) == (["tone", "topic"], ["tone"], "ada")
    assert adopted(ledger) == {("east", "tone"), ("east", "topic")}
    again = adopt()
    assert (again["adopted"], again["already_adopted"]) == ([], ["tone", "topic"])


def test_a_verdict_that_is_worse_or_unclear_needs_force_and_a_reason(adopt, ledger):
    with pytest.raises(ConfigError, match=r"candidate: 'west' is worse for tone: kappa falls; .*--force"):
        adopt("west")
    with pytest.raises(ConfigError, match="reason: None must say why"):
        adopt("west", force=True)
    with pytest.raises(ConfigError, match="reason"):
        adopt("west", force=True, reason=" ")
    assert adopted(ledger) == set()
    adopt("west", force=True, reason="the old model is shut down on Friday")
    assert {record.adopted_reason for record in AlignmentLedger(ledger).records(adopted=True)} == {
        "the old model is shut down on Friday"
    }


def test_the_classifiers_that_allow_it_can_be_adopted_alone(adopt, ledger):
    assert adopt("west", classifiers=["topic"])["adopted"] == ["topic"]
    assert adopted(ledger) == {("west", "topic")}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"alignment": "sol"}, "alignment: 'sol' is not on record"),
        ({"candidate": "north"}, "candidate: 'north' was not compared by luna, which has east, west"),
        ({"candidate": None}, "candidate: None must be one of east, west"),
        ({"classifiers": ["intent"]}, "classifiers: 'intent' was not compared by luna, which has tone, topic"),
    ],
)
def test_what_was_not_compared_cannot_be_adopted(adopt, options, message):
    with pytest.raises(ConfigError, match=message):
        adopt(**options)
