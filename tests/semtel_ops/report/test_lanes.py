"""The page says which lanes were taken, why, what that saved, and what had to be rescued."""

from dataclasses import replace

from semtel_ops.report.lanes import collect_lanes
from semtel_ops.report.render import render

CHOSEN = {
    "deadline": 1_795_000_000.0,
    "choices": [
        {"lane": "realtime", "reason": "the deadline is near", "shards": [4]},
        {"lane": "batch", "reason": "saves $20.00 of $40.00", "shards": [0, 1, 2, 3]},
    ],
}
RESULTS = {
    "lanes": {
        "realtime": {"rows": 100, "requests": 101, "cost_usd": 1.5},
        "batch": {"rows": 300, "requests": 300, "cost_usd": 2.25},
    },
    "rescued": {
        "rows": 50, "shards": 2, "requests": 51, "cost_usd": 0.75, "at": 1_794_990_000.0, "stopped_at": 1_794_980_000.0,
        "reasons": ["25 of 100 rows have no batch result; its jobs were cancelled: 40 of 400 requests are left"],
    },
    "saved_usd": 2.25,
}  # fmt: skip


def test_what_lanes_did_and_why_is_told_the_largest_first():
    section = collect_lanes({**CHOSEN, "results": RESULTS})
    assert section.heading == "75% of the labels came from the batch lane"
    assert [(use.lane, use.rows, use.cost_usd) for use in section.uses] == [("batch", 300, 2.25), ("realtime", 100, 1.5)]
    assert [(choice.lane, choice.shards) for choice in section.choices] == [("batch", 4), ("realtime", 1)]
    assert section.rescue.rows == 50
    assert section.rescue.at.timestamp() == 1_794_980_000.0


def test_a_run_that_was_not_gathered_shows_its_choices_alone():
    section = collect_lanes(CHOSEN)
    assert (section.uses, section.rescue, section.heading) == ((), None, "Chosen before the first request")


def test_a_run_without_a_choice_has_no_section():
    assert collect_lanes(None) is None


def test_a_run_in_realtime_alone_says_so_and_of_many_reasons_a_few_are_told():
    uses = {"realtime": RESULTS["lanes"]["realtime"]}
    many = {**RESULTS["rescued"], "reasons": [f"shard {n} was late" for n in range(9)]}
    section = collect_lanes({**CHOSEN, "results": {**RESULTS, "lanes": uses, "rescued": many}})
    assert section.heading == "All labels came from the realtime lane"
    assert (len(section.rescue.reasons), section.rescue.more_reasons) == (3, 6)


def test_the_page_shows_it(publish, collected):
    publish("2026-W47", conversations=40)
    report = replace(collected(), lanes=collect_lanes({**CHOSEN, "results": RESULTS}))
    page = render(report)
    for words in ("75% of the labels came from the batch lane", "$2.25 saved compared with realtime only", "saves $20.00 of $40.00",
                  "50 rows requested again, cost $0.75", "its jobs were cancelled: 40 of 400 requests are left"):  # fmt: skip
        assert words in page
    assert 'id="lanes"' not in render(replace(report, lanes=None))


def test_lanes_of_a_run_before_the_key_was_renamed_are_still_shown() -> None:
    assert collect_lanes({**CHOSEN, "came_to": RESULTS}) == collect_lanes({**CHOSEN, "results": RESULTS})
