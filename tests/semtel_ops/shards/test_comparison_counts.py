"""Counts of shared requests: written by each shard, added up over a run."""

import json

from semtel_ops.shards.comparison_counts import AGREE, DIFFER, ComparisonCounts, merged


def counts_of(shadowed=3, packed=2):
    counts = ComparisonCounts()
    counts.counts.update(requests_packed=packed, grader_unread=1)
    counts.shadow.update({("topic", AGREE): shadowed, ("topic", DIFFER): 1})
    counts.audit.update({("topic", "passed", AGREE): 5})
    counts.named.update({("topic", DIFFER): 2})
    return counts


def test_counts_come_back_from_json_as_they_were():
    counts = counts_of()
    stored = json.loads(json.dumps(counts.as_json()))
    assert merged([stored]) == counts


def test_equal_counts_are_spelled_alike_in_whatever_order_they_were_made():
    one, other = ComparisonCounts(), ComparisonCounts()
    for key in (("b", AGREE), ("a", DIFFER), ("a", AGREE)):
        one.shadow[key] += 1
        one.counts[key[0]] += 1
    for key in (("a", AGREE), ("a", DIFFER), ("b", AGREE)):
        other.shadow[key] += 1
        other.counts[key[0]] += 1
    assert json.dumps(one.as_json()) == json.dumps(other.as_json())


def test_shards_are_added_up():
    total = merged([counts_of(3, 2).as_json(), counts_of(10, 4).as_json()])
    assert total.counts == {"requests_packed": 6, "grader_unread": 2}
    assert total.shadow == {("topic", AGREE): 13, ("topic", DIFFER): 2}
    assert total.audit == {("topic", "passed", AGREE): 10}
    assert total.named == {("topic", DIFFER): 4}


def test_a_shard_that_has_not_landed_adds_nothing():
    assert merged([{"unbundled": ["topic"]}]) == merged([]) == ComparisonCounts()
