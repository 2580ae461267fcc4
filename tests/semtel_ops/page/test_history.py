import pytest

from semtel_ops.page import NotThereError
from semtel_ops.page.history import over_time
from semtel_ops.page.weeks import week_view


def test_every_published_week_has_a_point_and_the_last_is_that_of_the_week(source, weeks, last):
    history = over_time(source, "topic", last)
    assert history["weeks"] == weeks
    now = {row["label"]: row["share"] for row in week_view(source, last)["classifiers"][0]["rows"]}
    assert {label["label"]: label["points"][-1]["share"] for label in history["labels"]} == now


def test_it_ends_with_the_week_that_is_asked_for_and_is_not_longer_than_asked(source, weeks):
    assert over_time(source, "topic", weeks[5], count=3)["weeks"] == weeks[3:6]


def test_the_largest_label_of_the_last_week_comes_first(source, last):
    ends = [label["points"][-1]["share"] for label in over_time(source, "user_intent", last)["labels"]]
    assert ends == sorted(ends, reverse=True)


@pytest.mark.parametrize(("classifier", "until"), [("nothing", "2026-W46"), ("topic", "1999-W01"), ("' or 1=1 --", "2026-W46")])
def test_what_was_never_published_is_not_there(source, classifier, until):
    with pytest.raises(NotThereError):
        over_time(source, classifier, until)


def test_a_point_has_the_corrected_share_where_there_is_one(corrected):
    source, week = corrected
    points = over_time(source, "topic", week)["labels"][0]["points"]
    assert points[-1]["corrected"]["n_gold"] == 300
    assert {point["corrected"] for point in points[:-1]} == {None}
