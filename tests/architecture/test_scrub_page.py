"""The page of what scrubbing finds is what the rules find in the corpus, and no less than was promised."""

import importlib.util
from pathlib import Path

import pytest

from semtel_ops.conversations.scrub import PiiType, RuleScrubber
from semtel_ops.evaluation.marked_text import read_snippets
from semtel_ops.evaluation.scrub_quality import measure, precision, recall

ROOT = Path(__file__).resolve().parents[2]
STRUCTURED = set(PiiType) - {PiiType.NAME, PiiType.ADDRESS}


@pytest.fixture(scope="module")
def outcomes():
    return measure(RuleScrubber(), read_snippets(ROOT / "tests" / "scrub_corpus"))


def test_the_committed_page_is_what_the_rules_find():
    spec = importlib.util.spec_from_file_location("write_scrub_page", ROOT / "scripts" / "write_scrub_page.py")
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    assert script.PAGE.read_text(encoding="utf-8") == script.page(), "run `make pages` and commit the result"


def test_the_corpus_has_twelve_languages_and_thirty_kinds(outcomes):
    assert len({outcome.snippet.language for outcome in outcomes}) >= 12
    assert len({(mark.type, mark.kind) for outcome in outcomes for mark in outcome.snippet.marks}) >= 30


def test_of_each_type_with_a_form_nine_tenths_are_found(outcomes):
    measured = {pii: recall(outcomes, pii) for pii in STRUCTURED}
    assert {pii: share.share for pii, share in measured.items() if share.n and share.share < 0.9} == {}


def test_of_the_held_out_values_nine_tenths_are_found(outcomes):
    assert recall([outcome for outcome in outcomes if outcome.snippet.held_out]).share >= 0.9


def test_of_all_replacements_at_most_a_twentieth_is_wrong(outcomes):
    assert precision(outcomes).share >= 0.95


def test_of_lines_without_personal_data_nineteen_of_twenty_stay(outcomes):
    plain = [outcome for outcome in outcomes if not outcome.snippet.marks]
    assert sum(not outcome.wrong for outcome in plain) >= 0.95 * len(plain)
