import json

import pytest
from click.testing import CliRunner

from semtel_ops.cli.align import align
from semtel_ops.errors import ConfigError
from semtel_ops.settings import Settings
from semtel_ops.steps import align as steps
from semtel_ops.store.alignment_ledger import AlignmentLedger
from semtel_ops.store.ledger_open import open_ledger
from tests.support.alignments import alignment_record


@pytest.fixture
def asked(monkeypatch):
    """What the step was given by a command line."""

    def ask(*arguments):
        given = {}
        monkeypatch.setattr(steps, "run_alignment", lambda request, **how: given.update(request, **how) or {"requests": 1})
        monkeypatch.setattr(Settings, "from_env", classmethod(lambda cls: cls()))
        result = CliRunner().invoke(align, [*arguments, "--json"], standalone_mode=False, catch_exceptions=False)
        return given, result

    return ask


def test_inputs_without_a_command_are_compared(asked, tmp_path):
    given, result = asked(
        "chats.jsonl", "more/", "--incumbent", "now", "--candidate", "new, west", "--classifiers", "topic,tone", "--rows", "500",
        "--margin", "0.03", "--budget-usd", "2", "--reuse", "lake", "--out", str(tmp_path / "luna"), "--repair",
    )  # fmt: skip
    assert given["source"] == ("chats.jsonl", "more/")
    assert (given["incumbent"], given["candidates"], given["classifiers"]) == ("now", ("new", "west"), ("topic", "tone"))
    assert (given["rows"], given["margin"], given["max_cost_usd"]) == (500, 0.03, 2.0)
    assert (given["reuse"], given["alignment_id"], given["repair"]) == ("lake/journal", "luna", True)
    assert json.loads(result.output) == {"requests": 1}


def test_options_may_come_before_the_inputs_and_the_folder_has_a_default_name(asked):
    given, _ = asked("--incumbent", "now", "--candidate", "new,west", "adopt.jsonl")
    assert given["source"] == ("adopt.jsonl",)
    assert given["alignment_id"] == "align-new-west"


def test_the_help_of_the_group_is_its_own():
    shown = CliRunner().invoke(align, ["--help"]).output
    assert "adopt" in shown
    assert "compare" in shown


@pytest.fixture
def adopt(tmp_path, monkeypatch):
    url = f"sqlite:///{tmp_path}/ledger.db"
    monkeypatch.setenv("DATABASE_URL", url)
    monkeypatch.setenv("SEMTEL_LAKE", str(tmp_path / "lake"))
    with open_ledger(url) as ledger:
        AlignmentLedger(ledger).save("luna", [alignment_record(), alignment_record(classifier="tone", verdict="unclear")])

    def call(*arguments):
        result = CliRunner().invoke(align, ["adopt", *arguments], standalone_mode=False)
        if result.exception is not None:
            raise result.exception
        return json.loads(result.output)

    return call


def test_a_candidate_is_adopted_by_name_and_person(adopt, tmp_path):
    found = adopt("luna", "--classifiers", "topic", "--by", "ada", "--json")
    assert (found["candidate"], found["adopted"], found["by"]) == ("east", ["topic"], "ada")
    with open_ledger(f"sqlite:///{tmp_path}/ledger.db") as ledger:
        (record,) = AlignmentLedger(ledger).records(adopted=True)
    assert (record.classifier, record.adopted_by) == ("topic", "ada")


def test_what_is_unclear_needs_force_and_a_reason(adopt):
    with pytest.raises(ConfigError, match="--force"):
        adopt("luna", "--json")
    assert adopt("luna", "--force", "--reason", "shut down on Friday", "--json")["adopted"] == ["tone", "topic"]
