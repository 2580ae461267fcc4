import pytest

from semtel_ops.errors import EndpointError, EndpointErrorKind
from semtel_ops.runs.resources import Resources
from semtel_ops.steps.repair_suggestions import Suggestions
from semtel_ops.store.journal import Journal
from semtel_ops.store.journal_outcome import about_id
from semtel_ops.testing.manual_clock import ManualClock
from semtel_ops.testing.scripted_client import ScriptedClient, make_endpoint


def suggestions(tmp_path, script, texts=None, price=True):
    client = ScriptedClient(script, make_endpoint() if price else make_endpoint(price=None))
    resources = Resources(clock=ManualClock(), make_chat_client=lambda endpoint: client)
    return client, Suggestions(client.endpoint, f"{tmp_path}/journal", "r.suggest", resources, texts=texts or {})


def failure(kind):
    return EndpointError("no", kind=kind)


def test_a_suggestion_is_paid_once_and_known_afterwards(tmp_path):
    client, suggest = suggestions(tmp_path, ["Be strict."])
    first = suggest("Write a rule.")
    assert (first.text, first.cost_usd) == ("Be strict.", pytest.approx(100e-6 + 5 * 2e-6))
    _, later = suggestions(tmp_path, [])
    assert later("Write a rule.") == first
    assert len(client.asked) == 1
    assert client.closed
    assert suggest.forecast_usd("Write a rule.") > first.cost_usd


def test_replies_about_conversations_are_erased_with_them(tmp_path):
    _, suggest = suggestions(tmp_path, ["x"], texts={"c1": "<conversation>one", "c2": "<conversation>two"})
    suggest("These are wrong: <conversation>two")
    assert Journal(f"{tmp_path}/journal")._known.column("about").to_pylist() == [[about_id("c2")]]


def test_a_failed_request_is_tried_again_and_a_refused_one_is_no_suggestion(tmp_path):
    _, suggest = suggestions(tmp_path, [failure(EndpointErrorKind.RATE_LIMITED), "Be strict."])
    assert suggest("a").text == "Be strict."
    _, suggest = suggestions(tmp_path, [failure(EndpointErrorKind.CONTENT_FILTER)])
    refused = suggest("b")
    assert (refused.text, refused.cost_usd) == ("", 0.0)


def test_an_endpoint_that_accepts_nothing_ends_the_repair(tmp_path):
    _, suggest = suggestions(tmp_path, [failure(EndpointErrorKind.AUTH)])
    with pytest.raises(EndpointError):
        suggest("a")


def test_an_unknown_price_is_forecast_as_nothing(tmp_path):
    _, suggest = suggestions(tmp_path, ["x"], price=False)
    assert suggest.forecast_usd("a") == 0.0
    assert suggest("a").cost_usd == 0.0
