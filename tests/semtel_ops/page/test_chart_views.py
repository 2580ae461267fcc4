from xml.etree import ElementTree as ET

import pytest

from semtel_ops.page import NotThereError
from semtel_ops.page.chart_views import (
    METRICS,
    change_drawing,
    label_drawing,
    labellers_drawing,
    limits_drawing,
    runs_drawing,
    shards_drawing,
    share_drawing,
    slice_drawing,
)
from tests.support.ledger_year import run_of

DRAWINGS = {
    "share": lambda source, week: share_drawing(source, week, "topic"),
    "change": lambda source, week: change_drawing(source, week, 0),
    "slice": lambda source, week: slice_drawing(source, week, "user_expertise"),
    "label": lambda source, week: label_drawing(source, week, "satisfaction", "satisfied"),
    "labellers": lambda source, _week: labellers_drawing(source, "topic"),
    "shards": lambda source, week: shards_drawing(source, week, run_of(week)),
    **{metric: lambda source, _week, metric=metric: runs_drawing(source, metric) for metric in METRICS},
}


@pytest.mark.parametrize("name", DRAWINGS)
def test_a_drawing_is_one_element_that_says_what_it_shows_and_needs_no_style_of_its_own(source, last, name):
    svg = DRAWINGS[name](source, last).svg()
    root = ET.fromstring(svg)
    assert root.tag.endswith("svg")
    assert root.find("{*}title").text
    assert root.find("{*}desc").text
    assert not [element for element in root.iter() if "style" in element.attrib or element.tag.endswith(("style", "script"))]


def test_equal_values_have_an_equal_tag_and_others_another(source, last, weeks):
    assert DRAWINGS["share"](source, last).tag == DRAWINGS["share"](source, last).tag
    assert DRAWINGS["share"](source, last).tag != DRAWINGS["share"](source, weeks[-2]).tag


def test_every_week_of_a_course_says_its_figure_to_who_points_at_it(source, last, weeks):
    root = ET.fromstring(DRAWINGS["label"](source, last).svg())
    summaries = [element.attrib["aria-label"] for element in root.iter() if "aria-label" in element.attrib]
    assert [summary.split(":")[0] for summary in summaries] == weeks


def test_what_cannot_be_drawn_is_not_there(source, last):
    for draw in (
        lambda: share_drawing(source, last, "nothing"),
        lambda: change_drawing(source, last, 9),
        lambda: slice_drawing(source, last, "nothing"),
        lambda: label_drawing(source, last, "topic", "' or 1=1 --"),
        lambda: labellers_drawing(source, "nothing"),
        lambda: runs_drawing(source, "message"),
        lambda: shards_drawing(source, last, "nothing"),
        lambda: limits_drawing(source, last, run_of(last), "nothing"),
    ):
        with pytest.raises(NotThereError):
            draw()


def test_a_corrected_share_is_drawn_beside_the_share_and_said(corrected):
    source, week = corrected
    share = ET.fromstring(share_drawing(source, week, "topic").svg())
    assert ", 300 gold rows)" in share.find("{*}desc").text
    # A hollow circle for each corrected label: all but one.
    assert share.find("{*}desc").text.count("corrected") == _hollow_circles(share)
    course = ET.fromstring(label_drawing(source, week, "topic", "technology").svg())
    summaries = [element.attrib["aria-label"] for element in course.iter() if "aria-label" in element.attrib]
    assert ["corrected" in summary for summary in summaries] == [False] * 11 + [True]
    assert _hollow_circles(course) == 1


def test_a_chart_without_corrections_is_as_it_was(source, last):
    assert _hollow_circles(ET.fromstring(share_drawing(source, last, "topic").svg())) == 0


def _hollow_circles(svg):
    return sum(
        element.attrib.get("stroke") == "var(--warm)" and element.attrib.get("fill") == "var(--card)" for element in svg.iter()
    )
