from semtel_ops.quality.drift import LabelShare, ShareChange, beyond, pair_up


def share(label, value, *, classifier="topic", version="1.0.0", n=100):
    return LabelShare(classifier, version, label, value, n, float(n))


def change(label="health", now=0.4, before=0.1, *, n=100, is_real=True, weeks=2):
    return ShareChange("topic", label, n, now, before, is_real, weeks)


def test_labels_are_paired_over_weeks_and_absent_ones_have_share_0():
    now = [share("health", 0.6), share("money", 0.4)]
    weeks = [[share("health", 1.0, n=50)], [share("travel", 1.0, n=70)]]
    pairs = {pair.now.label: pair for pair in pair_up(now, weeks)}
    assert [s.share for s in pairs["health"].before] == [1.0, 0.0]
    assert [(s.share, s.n) for s in pairs["travel"].before] == [(0.0, 50), (1.0, 70)]
    assert (pairs["travel"].now.share, pairs["travel"].now.n) == (0.0, 100)


def test_a_week_without_the_classifier_is_no_history_of_it():
    (pair,) = pair_up([share("health", 1.0)], [[share("yes", 1.0, classifier="work")]])
    assert pair.before == ()


def test_a_classifier_that_this_week_lacks_is_left_out():
    assert pair_up([], [[share("health", 1.0)]]) == []


def test_a_change_knows_the_versions_behind_it():
    (pair,) = pair_up([share("health", 1.0, version="2.0.0")], [[share("health", 0.5)]])
    found = pair.change(0.5, is_real=True)
    assert (found.change, found.weeks, found.versions) == (0.5, 1, ("1.0.0", "2.0.0"))


def test_only_large_real_changes_of_enough_rows_with_a_history_are_beyond():
    assert beyond([change()], 0.15, 30) == [change()]
    for harmless in (change(now=0.2), change(is_real=False), change(n=29), change(weeks=0)):
        assert beyond([harmless], 0.15, 30) == []


def test_the_largest_change_comes_first():
    small, fall = change("a", 0.4, 0.2), change("b", 0.1, 0.6)
    assert beyond([small, fall], 0.15, 30) == [fall, small]
