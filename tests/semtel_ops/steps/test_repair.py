"""A whole repair: a better prompt is found and confirmed, nothing is paid twice, and nothing of a conversation is in the result."""

import json
from pathlib import Path

import pytest

from semtel_ops.classifiers import load_classifier, load_classifiers
from semtel_ops.errors import ConfigError
from semtel_ops.prompts import prompt_ids
from semtel_ops.repair import Refusal, Verdict
from semtel_ops.repair.result import Reference
from semtel_ops.steps.repair import forecast_repair, repair
from semtel_ops.steps.repair_result import read_result
from semtel_ops.store.ledger_open import open_ledger
from semtel_ops.store.repair_ledger import RepairLedger
from tests.support.installation import Installation
from tests.support.killing import Killed
from tests.support.repair_bench import Reader, RepairBench
from tests.support.template import Template

pytestmark = pytest.mark.slow

SUGGESTED = "Code is technology, prose is writing."


@pytest.fixture
def bench(installation):
    return RepairBench(installation)


@pytest.fixture(scope="module")
def shipped(project_root):
    """The prompt file that is repaired, and its bytes before any repair."""
    path = project_root / "include" / "prompts" / "topic.prompty"
    return path, path.read_bytes()


@pytest.fixture(scope="module")
def whole(tmp_path_factory, shipped):
    """A repair that went through at once, to be copied for each test, and what came of it."""
    template = Template(tmp_path_factory.mktemp("whole"))
    url = f"sqlite:///{template.place}/ledger.db"
    with pytest.MonkeyPatch.context() as patch, open_ledger(url) as ledger:
        patch.setenv("DATABASE_URL", url)
        bench = RepairBench(Installation(template.place, url))
        found = run(bench, ledger, Reader(SUGGESTED), suggest=True)
    template.keep()
    return template, bench, found


@pytest.fixture
def finished(whole, monkeypatch):
    """The bench and the ledger as `whole` has them, and what came of it."""
    template, bench, found = whole
    with template.restored():
        url = bench.installation.settings.database_url.get_secret_value()
        monkeypatch.setenv("DATABASE_URL", url)
        with open_ledger(url) as ledger:
            yield bench, ledger, found


def run(bench, ledger, reader=None, out=None, **options):
    bench.reader = reader or bench.reader
    bench.installation.answer = bench.reader
    return repair(
        bench.labeller, "topic", bench.reference, reference_is=Reference.GOLD, out=out or bench.out, ledger=ledger,
        options=bench.options(**options), resources=bench.installation.resources(),
    )  # fmt: skip


def test_a_better_prompt_is_found_confirmed_and_proposed(finished, shipped):
    bench, _, found = finished
    path, before = shipped
    assert found.verdict is Verdict.BETTER
    assert any("technology" in step.note and "writing" in step.note for step in found.mutations)
    assert found.confirm.proposal.agreement > found.confirm.start.agreement + 0.15
    assert found.confirm.start.n == found.confirmation.n == found.rows[2]
    assert found.confirmation.look == 1
    assert found.cost_per_1000_usd == pytest.approx(found.cost_per_1000_start_usd, rel=0.01)
    assert (found.start_version, found.version) == ("1.0.0", "1.1.0")
    spec = load_classifier(found.prompt)
    assert (spec.version, spec.fingerprint) == ("1.1.0", found.fingerprint)
    assert len(load_classifiers(Path(found.prompt).parent, prompt_ids(Path(found.prompt).parent))) == 7
    assert found.command == f"cp {found.prompt} {path}"
    assert path.read_bytes() == before
    assert read_result(bench.out) == found
    page = (Path(bench.out) / "repair.md").read_text()
    assert page.startswith("# Primary topic: better\n")
    assert found.command in page
    document = json.loads((Path(bench.out) / "repair.json").read_text())
    assert (document["verdict"], document["confirmation"]["look"]) == ("better", 1)
    assert document["changes"][0].keys() == {"part", "before", "after"}


def test_nothing_of_a_conversation_is_in_what_is_written(bench, ledger):
    """Not even where the model sees the conversations and copies one."""
    reader = Reader("As in this is number 7, which nobody but its writer would ever put into exactly such words.")
    found = run(bench, ledger, reader, suggest=True, show_conversations=True)
    assert found.refused[Refusal.QUOTES_A_ROW.value] > 0
    assert any("nobody but its writer" in text for instruction, text in reader.asked if "You edit instructions" in instruction)
    assert not any("nobody but its writer" in instruction for instruction in reader.instructions)
    for path in Path(bench.out).rglob("*"):
        assert not path.is_file() or "nobody but its writer" not in path.read_text(), path


def test_the_same_command_again_asks_nothing_and_looks_no_second_time(finished):
    bench, ledger, first = finished
    again = run(bench, ledger, Reader("Something else."), suggest=True)
    assert bench.reader.asked == []
    assert again.confirmation == first.confirmation
    assert (again.spent_usd, again.changes) == (first.spent_usd, first.changes)
    assert len(RepairLedger(ledger).looks("topic")) == 1


def test_killed_anywhere_it_goes_on_and_pays_nothing_twice(bench, ledger, whole, monkeypatch):
    paid = set()
    for dies_after in (20, 300):
        reader = Reader(SUGGESTED)
        reader.dies_after = dies_after
        with pytest.raises(Killed):
            run(bench, ledger, reader, suggest=True)
        # Replies that were under way when the process was killed are lost: at most as many as were asked at once.
        assert len(paid & set(reader.asked)) <= 4
        paid |= set(reader.asked)

    def killed(*given):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("semtel_ops.steps.repair.confirm", killed)
        with pytest.raises(KeyboardInterrupt):
            run(bench, ledger, Reader(SUGGESTED), suggest=True)
    assert len(paid & set(bench.reader.asked)) <= 4
    assert len(bench.reader.asked) == len(set(bench.reader.asked)) > 0
    (open_look,) = RepairLedger(ledger).looks("topic")
    assert (open_look.look, open_look.verdict) == (1, None)
    found = run(bench, ledger, Reader(SUGGESTED), suggest=True)
    assert bench.reader.asked == []
    (look,) = RepairLedger(ledger).looks("topic")
    assert (look.look, look.verdict, look.p_value) == (1, "better", found.confirmation.p_value), "it is the same look"
    _, _, wanted = whole
    assert (wanted.changes, wanted.confirmation, wanted.refused) == (found.changes, found.confirmation, found.refused)


def test_another_proposal_on_the_same_rows_is_another_look_with_less_to_spend(finished):
    bench, ledger, first = finished
    second = run(bench, ledger, Reader(), out=f"{bench.out}-2")
    assert second.fingerprint != first.fingerprint
    assert (second.confirmation.look, second.confirmation.alpha) == (2, 0.05 / 6)
    assert [each.verdict for each in RepairLedger(ledger).looks("topic")] == ["better", "better"]


def test_where_nothing_is_better_nothing_is_proposed_and_no_row_that_confirms_is_read(bench, ledger):
    bench.reference = dict.fromkeys(bench.reference, "money")
    found = run(bench, ledger, search={"depth": 1, "mutations": 1})
    assert found.verdict is Verdict.NO_WINNER
    assert "none of 1 changed prompt is better" in found.reason
    assert (found.prompt, found.command, found.confirmation) == (None, None, None)
    assert not (Path(bench.out) / "prompts").exists()
    assert RepairLedger(ledger).looks() == []
    assert len({text for _, text in bench.reader.asked}) == found.rows[0] + found.rows[1]


def test_the_budget_is_hard_and_a_larger_one_goes_on(bench, ledger):
    forecast = forecast_repair(bench.labeller, "topic", bench.reference, out=bench.out, options=bench.options())
    assert bench.reader.asked == []
    assert 0 < forecast.least_usd < forecast.most_usd
    assert sum(forecast.rows) == 160
    with pytest.raises(ConfigError, match=r"budget: .* is too little to search and confirm"):
        run(bench, ledger, search={"budget_usd": 0.9 * forecast.least_usd})
    assert bench.reader.asked == []
    small = run(bench, ledger, search={"budget_usd": 1.05 * forecast.least_usd})
    assert small.stopped == "the budget for searching was spent"
    assert small.spent_usd <= 1.05 * forecast.least_usd
    more = run(bench, ledger, Reader(), search={"budget_usd": 3 * forecast.least_usd})
    assert more.tried > small.tried
    assert more.spent_usd <= 3 * forecast.least_usd


def test_too_few_rows_are_refused_before_anything_is_asked(bench, ledger):
    bench.reference = dict(list(bench.reference.items())[:50])
    with pytest.raises(ConfigError, match="rows: 50 are too few"):
        run(bench, ledger)
    assert bench.reader.asked == []
