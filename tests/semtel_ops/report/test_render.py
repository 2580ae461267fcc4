import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from semtel_ops.evaluation.intervals import Share
from semtel_ops.report.classifier_info import ClassifierInfo
from semtel_ops.report.corrected import CorrectedShare
from semtel_ops.report.model import Agreement, Check, EndpointLimits, Forecast, LimitCause, LimitCourse, LimitPoint
from semtel_ops.report.render import render
from semtel_ops.store.files import write_json
from semtel_ops.store.ledger_tables import RunState
from semtel_ops.testing.landed import DEFAULT_LABELS, make_landed_rows
from tests.support.finished_run import PASSING_CHECK, write_finished_run

WEEK, BEFORE = "2026-W47", "2026-W46"
ONE = {"topic": {"money": 2, "health": 1}}
THREE = {name: DEFAULT_LABELS[name] for name in ("topic", "knowledge_work", "satisfaction")}
HOSTILE = "<script>alert(1)</script>\"'&</style></svg><img src=x onerror=alert(2)>"
VOID = {"meta", "br", "img", "link", "hr", "input"}


class _Checker(HTMLParser):
    """Collects what a browser would act on, and complains about tags that do not close."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.ids: list[str] = []
        self.handlers: list[str] = []
        self.links: list[str] = []
        self.words: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        for name, value in attrs:
            self.ids += [value or ""] if name == "id" else []
            self.handlers += [name] if name.startswith("on") else []
            self.links += [value or ""] if name in {"href", "src"} else []
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def _checked(page: str) -> _Checker:
    checker = _Checker()
    checker.feed(page)
    checker.close()
    assert checker.open == []
    return checker


def _text(page: str) -> str:
    return " ".join(" ".join(_checked(page).words).split())


def test_a_full_page_is_well_formed_self_contained_and_without_script(publish, collected):
    for week in ("2026-W45", BEFORE, WEEK):
        publish(week, conversations=60)
    report = replace(collected(), agreement=(Agreement("topic", "Topic", Share(0.8, 0.7, 0.9, 50, 50.0), 0.7, 0.6, 0.8),))
    page = render(report)
    found = _checked(page)
    assert not found.tags & {"script", "iframe", "link", "object", "embed", "img"}
    assert found.handlers == []
    assert all(link.startswith("#") for link in found.links)
    assert re.findall(r"(?:https?:)?//[^\s\"'<>]+", page.replace("http://www.w3.org/", "")) == []
    assert len(found.ids) == len(set(found.ids))
    anchors = {link[1:] for link in found.links}
    assert anchors <= set(found.ids)
    assert "Content-Security-Policy" in page
    assert "prefers-color-scheme: dark" in page
    assert 'name="viewport"' in page


def test_every_chart_says_in_words_what_it_shows(publish, collected):
    publish(BEFORE, conversations=60)
    publish(WEEK, conversations=60)
    page = render(collected())
    charts = page.count("<svg ")
    assert charts >= 8
    assert page.count('role="img" aria-labelledby=') == page.count("</desc>") == charts


def test_every_share_is_shown_with_its_n_and_interval(publish, collected):
    publish(WEEK, conversations=120)
    report = collected()
    shown = _text(render(report))
    for section in report.classifiers:
        for row in section.rows:
            cells = f"{row.n:,} {100 * row.share.share:.1f}% {100 * row.share.low:.1f}–{100 * row.share.high:.1f}"
            assert f"{row.name} {cells}" in shown


def test_a_cost_that_rests_on_our_own_count_of_tokens_says_so(publish, collected):
    publish(WEEK, conversations=20, labels=ONE)
    report = collected()
    words = "tokens of 7 rows estimated"
    assert words not in _text(render(report))
    assert words in _text(render(replace(report, totals=replace(report.totals, estimated_rows=7))))


def test_hostile_strings_from_data_stay_text(collected, lake, ledger):
    labels = {
        "topic": {HOSTILE: 2, "money": 1},
        HOSTILE: {"a": 1},
        "satisfaction": {HOSTILE: 1},
        "user_expertise": {HOSTILE: 1},
    }
    rows = make_landed_rows(conversations=30, labels=labels, endpoints=[(HOSTILE, HOSTILE)], success=1)
    for row in rows:
        row["matched_by"] = HOSTILE
    check = {**PASSING_CHECK, "id": HOSTILE, "passed": False, "observed": HOSTILE, "notes": HOSTILE, "classifier": HOSTILE}
    write_finished_run(lake, rows=rows, verdict="stop", checks=[check])
    folder = lake / "quarantine" / f"week={WEEK}" / "run=manual"
    folder.mkdir(parents=True)
    (folder / "x.jsonl").write_text('{"place": "<b onclick=1>", "reason": "<i>x</i>"}\n')
    refusal = dict.fromkeys(("endpoint", "kind", "code", "words", "example_id"), HOSTILE)
    refusal |= {"status": 401, "count": 3, "first_at": 1.0, "last_at": 2.0}
    write_json(f"{lake}/runs/week={WEEK}/run=manual/refusals/shard=0000.json", {"refusals": [refusal]})
    ledger.save_run(WEEK, "manual", state=RunState.FAILED, message=HOSTILE)
    facts = tuple(ClassifierInfo(name, name, names={}) for name in labels)
    page = render(collected(classifiers=facts))
    found = _checked(page)
    assert not found.tags & {"script", "img", "b"}
    assert found.handlers == []
    assert "alert(1)" in "".join(found.words)
    assert "<script" not in page
    assert "<b onclick" not in page


def test_labels_from_the_simulator_are_marked_before_anything_else(publish, collected):
    publish(WEEK, conversations=20, endpoints=[("local", "simulated-lexical")], labels=ONE)
    page = render(collected())
    shown = _text(page)
    assert "These labels come from the simulator’s lexical matching, not from a language model" in shown
    assert shown.index("Simulated labels") < shown.index("conversations were sampled")


def test_labels_from_a_model_carry_no_such_mark(publish, collected):
    publish(WEEK, conversations=20, labels=ONE)
    assert "lexical matching" not in _text(render(collected()))


def test_a_stopped_run_says_so_and_why_and_what_stays_published(publish, collected, lake):
    publish(WEEK, conversations=20, labels=ONE)
    failed = {**PASSING_CHECK, "id": "non_success_share", "passed": False, "observed": "31.0%", "expected": "at most 5.0%"}
    write_finished_run(
        lake,
        run_id="again",
        verdict="stop",
        checks=[failed],
        rows=make_landed_rows(run_id="again", conversations=20, labels=ONE),
    )
    shown = _text(render(collected(run_id="again")))
    assert "Not published: the quality gate stopped this run" in shown
    assert "non success share: 31.0%, expected at most 5.0%" in shown
    assert "come from run manual" in shown


@pytest.mark.parametrize("state", [RunState.FAILED, RunState.RUNNING, RunState.SUPERSEDED, RunState.PLANNED])
def test_a_run_that_is_not_the_weeks_never_looks_like_it(collected, ledger, state):
    ledger.save_run(WEEK, "manual", state=state, message="disk full")
    page = render(collected())
    assert 'class="banner' in page
    assert "disk full" in page
    assert "badge good" not in page


def test_missing_shards_are_named(publish, collected):
    publish(WEEK, conversations=20, labels=ONE)
    report = collected()
    page = render(replace(report, totals=replace(report.totals, missing_shards=(3, 7))))
    assert "2 shards did not land" in page
    assert "shards 3, 7" in page


def test_a_run_without_anything_is_a_page(collected):
    shown = _text(render(collected(run_id="never-started")))
    assert "Week 47, 2026" in shown
    assert "16–22 November 2026" in shown


def test_a_classifier_with_many_labels_draws_the_first_and_lists_all(publish, collected):
    many = {f"label_{n:02d}": 1.0 for n in range(40)}
    publish(WEEK, conversations=200, labels={"topic": many}, success=1)
    report = collected(classifiers=(ClassifierInfo("topic", "Topic"),))
    shown = _text(render(report))
    labels = len(report.classifiers[0].rows)
    assert f"{labels - 14} more labels in the table" in shown
    assert all(row.name in shown for row in report.classifiers[0].rows)


def _checks(check_id, passed, *, effect="stop"):
    return tuple(Check(check_id, "Said once.", ok, effect, f"seen by {name}", "none", name, "") for name, ok in passed.items())


def _before_details(page):
    """The quality section's text that is seen without opening anything."""
    section = page[page.index('<section id="quality">') :]
    return _text(section[: section.index("<details>")] + "</div></section>")


def test_checks_that_passed_are_one_line_each_and_all_are_within_reach(collected):
    names = {f"classifier_{n}": True for n in range(7)}
    page = render(replace(collected(), verdict="passed", checks=_checks("rows_complete", names)))
    shown = _before_details(page)
    assert "Rows complete 7 of 7 classifiers Said once." in shown
    assert "seen by" not in shown
    assert all(f"seen by {name}" in _text(page) for name in names)
    assert "All 7 checks" in page


def test_failed_checks_are_rows_those_that_stop_first(collected):
    warned = _checks("constant_output_share", {"topic": False, "intent": True}, effect="warn")
    stopped = _checks("rows_unique", {"topic": False})
    off = _checks("label_share_change", {"topic": False}, effect="off")
    shown = _before_details(render(replace(collected(), verdict="stop", checks=(*warned, *stopped, *off))))
    assert shown.index("stopped Rows unique") < shown.index("warned Constant output share")
    assert "Constant output share 1 of 2 classifiers" in shown
    assert "Label share change" not in shown


def _limits(**changes):
    points = (LimitPoint(0.0, 16.0), LimitPoint(2.0, 151.0), LimitPoint(7.8, 24.0))
    causes = (
        LimitCause("circuit", "all recent requests failed", 1, 1.0, 0.0, 5.0),
        LimitCause("concurrency", "rejected: too many concurrent requests", 4, 151.0, 24.0, 7.8),
        LimitCause("requests_per_minute", "headers", 1, 0.0, 6000.0, 0.0),
        LimitCause("pause_s", "retry-after", 7, 0.0, 1.0, 6.0),
    )
    given = {
        "name": "east", "tasks": 1, "courses": (LimitCourse(points),), "lowest": 16.0, "highest": 151.0, "last": (24.0,),
        "causes": causes, "more_causes": 0, "successes": 700, "refusals": 11, "failures": 1, "openings": 1,
    }  # fmt: skip
    return EndpointLimits(**{**given, **changes})


def test_how_a_limit_was_found_is_drawn_and_said(collected):
    page = render(replace(collected(), limits=(_limits(), _limits(name="west", last=(20.0, 30.0), tasks=2))))
    shown = _text(page)
    assert "24 concurrent requests at the end, range 16–151" in shown
    assert "20–30 concurrent requests per task at the end" in shown
    assert "700 replies, 11 rejections, 1 failure; the circuit breaker opened once." in shown
    assert "Circuit breaker all recent requests failed 1 closed → open 5 s" in shown
    assert "Concurrent requests rejected: too many concurrent requests 4 151 → 24 7.8 s" in shown
    assert "Requests per minute headers 1 6,000 0 s" in shown
    assert "Pause retry-after 7 1 s 6 s" in shown
    assert page.count("concurrent requests</title>") == 2


def test_a_limit_that_spans_decades_or_never_moved_is_still_a_page(collected):
    wide = _limits(lowest=1.0, highest=4000.0, courses=(LimitCourse((LimitPoint(0.0, 1.0), LimitPoint(9e5, 4000.0))),))
    still = _limits(name=HOSTILE, courses=(), tasks=0, lowest=None, highest=None, last=(), causes=(), openings=0)
    page = render(replace(collected(), limits=(wide, still)))
    assert "hours since the first change of the task" in page
    assert "The limit did not change" in page
    assert "<script" not in page


def test_a_dry_run_says_what_asking_would_take_and_shows_no_empty_numbers(collected):
    report = collected(dry_run=True)
    totals = replace(report.totals, sampled=103, population=103)
    page = render(replace(report, totals=totals, forecast=Forecast(700, 1, 650_000, 12_345, 0.105)))
    shown = _text(page)
    assert "103 conversations were sampled." in shown
    assert "Labelling them would take 700 requests with 650k input and 12.3k output tokens, about $0.10." in shown
    assert "1 label is already paid for and would be reused." in shown
    assert 'class="tiles"' not in page


def test_failed_calls_are_shown_beside_the_endpoints(publish, collected, lake):
    publish(WEEK, conversations=20, labels=ONE)
    refusal = {"endpoint": "east", "kind": "server_error", "status": 500, "code": None, "words": "HTTP 500: grammar"}
    refusal |= {"count": 1_234, "first_at": 1.0, "last_at": 2.0, "example_id": "c000007"}
    write_json(f"{lake}/runs/week={WEEK}/run=manual/refusals/shard=0000.json", {"refusals": [refusal]})
    assert "east server error 1,234 HTTP 500: grammar c000007" in _text(render(collected()))


def test_a_run_without_failed_calls_has_no_table_of_them(publish, collected):
    publish(WEEK, conversations=20, labels=ONE)
    assert "Failed calls" not in _text(render(collected()))


def test_a_corrected_share_is_shown_beside_the_share_with_its_interval(publish, collected):
    publish(WEEK, conversations=120, labels=THREE)
    report = collected()
    note = "covers sampling and labelling error; rests on 60 gold rows of this week"
    found = CorrectedShare(0.4, 0.35, 0.46, 60, "two_phase")
    topic = next(section for section in report.classifiers if section.info.id == "topic")
    rows = tuple(replace(row, corrected=found, corrected_note=note) for row in topic.rows)
    others = [section for section in report.classifiers if section is not topic]
    page = render(replace(report, classifiers=(replace(topic, rows=rows), *others)))
    shown = _text(page)
    _checked(page)
    for row in topic.rows:
        cells = f"{100 * row.share.share:.1f}% {100 * row.share.low:.1f}–{100 * row.share.high:.1f} 40.0% 35.0–46.0"
        assert f"{row.name} {row.n:,} {cells}" in shown
    assert shown.count("it rests on 60 gold rows of this week") == 1
    # Classifiers without a correction keep their columns, and say what their intervals leave out.
    assert "Corrected" not in _text(page.split('<p class="kicker">Knowledge work</p>')[1].split("</article>")[0])
    assert shown.count("The interval covers sampling error only, not labelling error: no gold rows") == len(others)


def test_corrected_rubric_items_are_shown_and_those_without_have_a_dash(collected, publish):
    publish(WEEK, conversations=120, labels=THREE)
    report = collected()
    section = next(section for section in report.classifiers if section.info.id == "satisfaction")
    info = replace(section.info, items={"thanks": "Thanks", "praise": "Praise"}, item_groups={"thanks": "sat", "praise": "sat"})
    thanks, praise, *_ = section.rows
    items = (
        replace(thanks, label="thanks", name="Thanks", corrected=CorrectedShare(0.5, 0.4, 0.6, 60, "two_phase")),
        replace(praise, label="praise", name="Praise"),
    )
    shown = _text(render(replace(report, classifiers=(replace(section, info=info, items=items),))))
    rubric = shown.split("Most frequent signs")[1]
    assert "50.0% 40.0–60.0 Praise" in rubric
    assert "– Dissatisfaction" in rubric


def test_a_page_without_corrections_says_once_what_intervals_leave_out(publish, collected):
    publish(WEEK, conversations=120, labels=THREE)
    shown = _text(render(collected()))
    assert shown.count("not labelling error") == 1
    assert "Intervals cover sampling error only, not labelling error: no gold rows of this week or this labeller." in shown
    assert "orrected share" not in shown
