from xml.etree import ElementTree as ET

from semtel_ops.page.breaks import Break
from semtel_ops.page.timeline import ROWS_DRAWN, part_of, timeline_chart, timeline_values
from semtel_ops.store.labeller_ledger import WeeklyLabeller

WEEKS = [f"2026-W{week}" for week in range(40, 47)]
NAMES = {"a": "mini-1, prompt 1", "b": "luna-1, prompt 1"}


def by(week, labeller, weight=100.0):
    return WeeklyLabeller(week, "topic", labeller, "run", "m", labeller, round(weight), weight)


def test_weeks_in_a_row_are_one_bar_and_a_shared_or_missing_week_ends_it():
    # a labels weeks 0, 1 and 3 alone and a quarter of week 4; b the rest of week 4, and 5 and 6; nobody labels week 2
    labelled = {WEEKS[at]: [by(WEEKS[at], "a")] for at in (0, 1, 3)}
    labelled |= {WEEKS[4]: [by(WEEKS[4], "b", 75.0), by(WEEKS[4], "a", 25.0)]}
    labelled |= {WEEKS[at]: [by(WEEKS[at], "b")] for at in (5, 6)}
    values = timeline_values(WEEKS, labelled, NAMES, [])
    bars = [(bar["k"], bar["start"], bar["end"], bar["part"]) for bar in values["bars"]]
    assert bars == [
        (0, -0.5, 1.5, 1.0), (0, 2.5, 3.5, 1.0), (0, 3.5, 4.5, 0.25),
        (1, 3.5, 4.5, 0.75), (1, 4.5, 6.5, 1.0),
    ]  # fmt: skip
    assert [row["name"] for row in values["rows"]] == list(NAMES.values())
    assert [row["note"] for row in values["rows"]] == ["4 weeks", "3 weeks"]
    assert values["bars"][2]["summary"] == "mini-1, prompt 1: 2026-W44, 25.0% of the conversations"
    assert values["bars"][0]["summary"] == "mini-1, prompt 1: 2026-W40 to 2026-W41, 2 weeks"


def test_breaks_are_numbered_and_drawn_before_their_week():
    labelled = {week: [by(week, "a" if at < 4 else "b")] for at, week in enumerate(WEEKS)}
    one = Break(WEEKS[4], WEEKS[3], "model from a to b", "none", "no bridge")
    values = timeline_values(WEEKS, labelled, NAMES, [one])
    assert values["marks"] == [{"at": 4, "number": "1", "summary": "Week 2026-W44: model from a to b; no bridge"}]
    root = ET.fromstring(timeline_chart(values, "x", "Topic"))
    shown = [element.attrib["aria-label"] for element in root.iter() if "aria-label" in element.attrib]
    assert values["marks"][0]["summary"] in shown
    assert {bar["summary"] for bar in values["bars"]} <= set(shown)


def test_of_many_labellers_the_latest_are_drawn():
    labelled = {f"2026-W{week}": [by(f"2026-W{week}", f"labeller {week}")] for week in range(10, 40)}
    values = timeline_values(
        sorted(labelled), labelled, {one: one for one in (f"labeller {week}" for week in range(10, 40))}, []
    )
    assert [row["name"] for row in values["rows"]] == [f"labeller {week}" for week in range(40 - ROWS_DRAWN, 40)]


def test_the_part_of_a_week_without_labels_is_nothing():
    assert part_of([], "a") == 0.0
    assert part_of([by(WEEKS[0], "a", 30.0), by(WEEKS[0], "b", 10.0)], "a") == 0.75
