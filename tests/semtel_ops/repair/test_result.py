"""The verdict as a sentence, the changes part by part, and the page."""

from dataclasses import replace
from datetime import UTC, datetime

from semtel_ops.repair.confirm import Verdict, confirm
from semtel_ops.repair.page_text import markdown
from semtel_ops.repair.result import Compared, Mutated, PartChange, Reference, Repair, changes_of, reason_of
from semtel_ops.repair.score import Score
from tests.support.repair_runs import START

BEFORE, AFTER = Score(0.60, 0.62, 0.70, 0.08, 0.01, 300), Score(0.70, 0.71, 0.78, 0.04, 0.0, 300)
FOUND = confirm(300, lost=10, won=34, look=1)
REPAIR = Repair(
    classifier="topic", title="Primary topic", model="luna", repaired_at=datetime(2026, 11, 28, tzinfo=UTC), reference=Reference.GOLD,
    set_hash="f" * 16, start_version="1.0.0", start_fingerprint="s" * 32, version="1.1.0", fingerprint="p" * 32,
    prompt="out/prompts/topic.prompty", verdict=FOUND.verdict, reason=reason_of(FOUND, 40),
    mutations=(Mutated("boundary_sentence", "health or science"), Mutated("bullet_points", "")),
    changes=(PartChange("rules", "Rules:\n* One.\n* Two.", "Rules:\n* One.\n* Two.\n* Three."),),
    search=Compared(BEFORE, AFTER), select=Compared(BEFORE, AFTER), confirm=Compared(BEFORE, AFTER), confirmation=FOUND,
    cost_per_1000_start_usd=0.11, cost_per_1000_usd=0.12, rows=(600, 300, 300), tried=40,
    refused={"quotes_a_row": 2, "known": 5}, stopped="all rounds were searched", spent_usd=1.5, budget_usd=5.0, simulated=False,
    command="cp out/prompts/topic.prompty include/prompts/topic.prompty",
)  # fmt: skip


def test_the_reason_names_the_change_its_interval_the_rows_and_the_look():
    # 24/300 = +8.0 points; se = √(44 - 24²/300)/300 = 2.162 points, 8.0 ± 1.96 · 2.162 = 3.8 to 12.2
    assert reason_of(FOUND, 40) == (
        "the proposal is right more often: +8.0 points of 300 rows that nothing was chosen on (95% CI +3.8 to +12.2, "
        f"one-sided p {FOUND.p_value:.2g}; look 1 at these rows, which may use 2.50% of 5%)"
    )


def test_what_is_not_shown_says_how_many_rows_would_show_it():
    less = confirm(300, lost=20, won=26, look=3)
    assert reason_of(less, 40).startswith("it is not shown that the proposal is right more often: +2.0 points of 300 rows")
    assert "look 3 at these rows, which may use 0.42% of 5%" in reason_of(less, 40)
    assert reason_of(less, 40).endswith("rows would show such a change")
    assert reason_of(None, 1) == "none of 1 changed prompt is better than the present one on the rows that choose"


def test_changes_are_listed_part_by_part_in_the_order_of_the_file():
    changed = START.with_definition("money", "Finance.").with_rule("Be strict.").with_segment(3, "")
    changed = replace(changed, labels=changed.labels[::-1], reasoning_effort="low")
    found = changes_of(START, changed)
    assert [change.part for change in found] == [
        "definition of money",
        "order of labels",
        "rules",
        "examples",
        "reasoning effort",
    ]
    assert found[0].after == "Finance."
    assert found[2].after == f"{found[2].before}\n* Be strict."
    assert (found[3].after, found[4].after) == ("", "low")
    assert changes_of(START, START) == ()


def test_the_page_begins_with_the_verdict_and_ends_with_how_it_was_found():
    page = markdown(REPAIR)
    lines = page.splitlines()
    assert lines[0] == "# Primary topic: better"
    assert "| **confirm** (read once) | 300 | 0.62 | 0.71 | 70.0% | 78.0% | 8.0% | 4.0% |" in lines
    assert "Cost of 1,000 conversations: $0.11 before, $0.12 after." in lines
    assert lines[lines.index("````diff") + 1 : lines.index("````")] == [" * Two.", "+* Three."]
    assert "cp out/prompts/topic.prompty include/prompts/topic.prompty" in lines
    assert "- Steps: boundary_sentence (health or science); bullet_points." in lines
    assert "- Proposals refused: 2 quotes a row, 5 known." in lines
    assert lines[-1] == "- Spent: $1.50 of $5.00."
    assert "optimistic" in page


def test_a_proposal_that_is_not_shown_to_be_better_is_not_recommended():
    page = markdown(replace(REPAIR, verdict=Verdict.NOT_SHOWN))
    assert page.startswith("# Primary topic: not shown to be better\n")
    assert "there is no reason to use it" in page


def test_a_page_without_a_proposal_has_no_command():
    nothing = replace(
        REPAIR, verdict=Verdict.NO_WINNER, reason=reason_of(None, 40), prompt=None, command=None, confirmation=None,
        confirm=None, search=None, select=None, changes=(), mutations=(), version=None,
    )  # fmt: skip
    page = markdown(nothing)
    assert page.startswith("# Primary topic: nothing better was found\n")
    assert "bash" not in page


def test_the_page_says_that_the_simulator_answered():
    assert "The simulator answered" in markdown(replace(REPAIR, simulated=True))
