"""The page of an alignment: the verdict first, what to do, and nothing from the network."""

import re
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from semtel_ops.alignment import (
    Alignment,
    AlignmentLabeller,
    Answer,
    Asked,
    CandidateAlignment,
    ClassifierAlignment,
    Decision,
    Labelled,
    Verdict,
    judge,
    measure,
)
from semtel_ops.alignment.measure import settle
from semtel_ops.alignment.results import Estimate, Flips, Service
from semtel_ops.report.alignment import changed, next_steps, render_alignment, settings

NOW = AlignmentLabeller("now", "luna", None, "prompts", {"topic": "1.0.0"})
NEW = AlignmentLabeller("new", "luna-2", "none", "prompts", {"topic": "1.0.0"})
RATE = Estimate(0.05, 0.04, 0.06, 2000)
SERVICE = Service(RATE, RATE, 0.0, 0.2, 0.1, 320.0, 900.0, 4000)
TOPIC = Asked("topic", "Topic", {"work": "Work <b>", "play": "Play"}, {})


def compared(moved=0, *, gold=False, n=2000):
    """A classifier of which the candidate moves `moved` conversations from work to play."""
    first = {f"c{at}": Answer.of("work") for at in range(n)}
    new = first | {f"c{at}": Answer.of("play") for at in range(moved)}
    people = dict.fromkeys(list(first)[:300], "work") | {"c1999": "play"} if gold else {}
    (measured,) = settle([measure(TOPIC, Labelled((first, first), (new, new), people), 0.02)])
    judged = judge(measured, invalid=0.0, unanswered=0.0, margin=0.02)
    return ClassifierAlignment(
        classifier="topic", title="Topic", verdict=judged.verdict, decision=judged.decision, reason=judged.reason,
        quality=judged.quality, n=n, incumbent_labeller="a" * 16, candidate_labeller="b" * 16, incumbent_served=("luna-1",),
        candidate_served=("luna-2",), excess_disagreement=measured.excess, flips=Flips(RATE, RATE), invalid_share=0.05,
        homogeneity=measured.homogeneity, shifts=measured.shifts, kappa=measured.kappa, cost_usd=0.2, incumbent=SERVICE,
        candidate=SERVICE, confusions=measured.confusions, rows_to_decide=judged.rows, gold_rows_to_decide=judged.gold_rows,
    )  # fmt: skip


def aligned(*classifiers, labeller=NEW, **fields):
    found = CandidateAlignment(
        labeller, classifiers[0].verdict, classifiers[0].decision, f"Topic: {classifiers[0].reason}",
        {each.classifier: each for each in classifiers},
    )  # fmt: skip
    defaults = {
        "id": "luna 2", "measured_at": datetime(2026, 11, 28, 9, tzinfo=UTC), "week": "2026-W47", "set_fingerprint": "f" * 32,
        "conversations": 2000, "margin": 0.02, "lane": "realtime", "incumbent": NOW, "candidates": {"new": found},
        "requests": 8000, "paid_usd": 1.5, "simulated": False,
    }  # fmt: skip
    return Alignment(**{**defaults, **fields})


def test_the_verdict_comes_before_every_number():
    page = render_alignment(aligned(compared(80)), "/somewhere/endpoints.yaml")
    verdict = page.index("new: Adopt with a bridge")
    assert verdict < page.index('<div class="tiles">') < page.index("<svg")
    assert "Can new label for now?" in page
    assert "agreement with people is not measured" in page
    assert "/somewhere" not in page


def test_the_page_escapes_what_it_shows_and_loads_nothing():
    page = render_alignment(aligned(compared(80)), "endpoints.yaml")
    assert "Work <b>" not in page
    assert "<script" not in page
    assert not re.findall(r'(?:src|href)="(?!#)', page)


def test_ids_that_may_be_personal_data_are_hashes_on_the_page():
    found = compared(60)
    pairs = tuple(replace(pair, examples=("ada.lovelace@example.org", "c1")) for pair in found.confusions)
    html = render_alignment(aligned(replace(found, confusions=pairs)), "endpoints.yaml")
    assert "ada.lovelace" not in html
    assert "<code>c1</code>" in html


def test_confused_labels_have_three_examples():
    page = render_alignment(aligned(compared(80)), "endpoints.yaml")
    row = page[page.index('id="confused"') :].split("</section>")[0]
    assert row.count("<code>") == 3
    assert ">80<" in row


@pytest.mark.parametrize("moved", [0, 10, 80, 2000])
@pytest.mark.parametrize("gold", [False, True])
def test_every_verdict_has_a_page(moved, gold):
    found = compared(moved, gold=gold)
    page = render_alignment(aligned(found), "endpoints.yaml")
    assert found.verdict.value in page


def test_a_simulated_model_is_marked():
    assert "The simulator answered" in render_alignment(aligned(compared(), simulated=True), "endpoints.yaml")
    assert "The simulator answered" not in render_alignment(aligned(compared()), "endpoints.yaml")


def test_what_differs_is_said_in_words():
    assert changed(NOW, NEW) == "model luna → luna-2; reasoning effort not set → none"
    assert changed(NOW, replace(NOW, prompts="other", versions={"topic": "1.1.0"})) == "prompts topic 1.0.0 → 1.1.0"
    assert changed(NOW, replace(NOW, prompts="other")) == "another folder of prompts"
    assert changed(NOW, NOW) == "the same model and prompts, asked with other seeds"


def test_the_settings_adopt_what_may_be_adopted():
    result = aligned(compared(80))
    lines = settings(result, result.candidates["new"])
    assert "semtel align adopt 'luna 2' --candidate new\n" in lines
    assert "- name: new" in lines
    assert "reasoning_effort: none" in lines
    worse = replace(compared(80), verdict=Verdict.WORSE, decision=Decision.ADJUST)
    result = aligned(worse)
    assert '--force --reason "…"' in settings(result, result.candidates["new"])
    some = aligned(worse, replace(compared(), classifier="tone"))
    assert "--classifiers tone\n" in settings(some, some.candidates["new"])


def test_the_next_steps_say_how_many_conversations_decide():
    found = aligned(compared(3, n=300)).candidates["new"]
    assert found.verdict is Verdict.UNCLEAR
    assert any(re.search(r"Compare about [\d,]+ conversations to decide about Topic\.", step) for step in next_steps(found))
