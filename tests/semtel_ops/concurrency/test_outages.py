"""An outage lasts from a circuit's first opening until it closes, failed probes included."""

from semtel_ops.concurrency import Change
from semtel_ops.concurrency.outages import Outage, outages


def change(at: float, new: float, endpoint: str = "east", what: str = "circuit") -> Change:
    return Change(at, endpoint, what, 0.0, new, "")


def test_probes_that_fail_do_not_end_an_outage() -> None:
    changes = [change(10, 0.0), change(12, 0.5), change(13, 0.0), change(20, 0.5), change(21, 1.0)]
    assert list(outages(changes)) == [Outage("east", 11.0)]


def test_an_outage_lasts_until_the_circuit_closes_whatever_its_probes_do() -> None:
    changes = [
        *(change(at, new) for at, new in ((0, 0.0), (5, 0.5), (6, 0.0), (60, 1.0))),
        change(70, 0.0, "west"),
        change(100, 9.0, what="concurrency"),
    ]
    found = {outage.endpoint: (outage.seconds, outage.over) for outage in outages(changes)}
    assert found == {"east": (60, True), "west": (30, False)}


def test_each_closing_ends_one_and_endpoints_do_not_mix() -> None:
    changes = [
        change(10, 0.0),
        change(11, 0.0, "west"),
        change(12, 1.0),
        change(20, 0.0),
        change(25, 1.0),
        change(31, 1.0, "west"),
    ]
    assert list(outages(changes)) == [Outage("east", 2.0), Outage("east", 5.0), Outage("west", 20.0)]


def test_what_is_open_at_the_end_lasts_until_the_last_change_or_later() -> None:
    changes = [change(10, 0.0), change(40, 80.0, what="concurrency")]
    assert list(outages(changes)) == [Outage("east", 30.0, over=False)]
    assert list(outages(changes, until=100.0)) == [Outage("east", 90.0, over=False)]
    assert list(outages(changes, until=20.0)) == [Outage("east", 30.0, over=False)]


def test_changes_are_taken_by_their_time_and_a_closing_alone_is_none() -> None:
    assert list(outages([change(12, 1.0), change(10, 0.0), change(5, 1.0)])) == [Outage("east", 2.0)]
    assert list(outages([])) == []


def test_an_outage_says_what_failed_last() -> None:
    changes = [
        Change(10.0, "east", "circuit", 1.0, 0.0, "all recent requests failed: HTTP 500 first"),
        Change(11.0, "east", "circuit", 0.0, 0.5, "probing"),
        Change(12.0, "east", "circuit", 0.5, 0.0, "all recent requests failed: HTTP 500: last"),
    ]
    assert list(outages(changes)) == [Outage("east", 2.0, over=False, reason="HTTP 500: last")]
    changes.append(Change(14.0, "east", "circuit", 0.5, 1.0, "recovered"))
    assert list(outages(changes)) == [Outage("east", 4.0, reason="HTTP 500: last")]
