"""Settings that do not go together are found, each by what a person wrote; those that do are not."""

import pytest

from semtel_ops.configuration.contradictions import Facts, contradictions
from semtel_ops.endpoints.catalog import EndpointsFile
from semtel_ops.settings import PipelineConfig

SOURCE = {"source": {"paths": ["chats/"]}}


def written(data, prefix=""):
    """Names of all settings in plain data."""
    for key, value in data.items():
        yield f"{prefix}{key}"
        if isinstance(value, dict):
            yield from written(value, f"{prefix}{key}.")


def endpoint(name="a", *lanes, **fields):
    given = {"base_url": "https://a/v1", "model": "m", "name": name, "lanes": lanes or ("realtime", "batch"), **fields}
    return EndpointsFile.model_validate({"endpoints": [given]}).endpoints[0]


ONE = (endpoint(),)


def found(pipeline, endpoints=ONE, unpriced=(), of_endpoints=()):
    """Settings that are reported, as `name` or `name!` where it stops a run, with the message."""
    data = {**SOURCE, **pipeline}
    facts = Facts(
        PipelineConfig.model_validate(data), frozenset([*written(data), *of_endpoints]), endpoints, frozenset(unpriced)
    )
    return {f"{one.setting}{'!' if one.stops else ''}": one.message for one in contradictions(facts)}


def test_the_defaults_contradict_nothing():
    assert found({}) == {}


def test_what_is_written_as_the_default_contradicts_nothing_where_it_has_an_effect():
    assert found({"batch": {"max_rounds": 3}, "routing": {"min_saving_usd": 1.0}, "realtime": {"timeout_s": 60}}) == {}


@pytest.mark.parametrize(
    ("pipeline", "setting", "says"),
    [
        ({"source": {}}, "source.paths", "every run has to name its source"),
        ({"source": {"paths": ["a"], "sql": {"url_env": "A_B", "table": "t"}}}, "source.paths", "source.sql is read instead"),
        ({"sample": {"strata": ["turns"]}}, "sample.strata", "without sample.count"),
        ({"classifiers": []}, "classifiers", "nothing would be labelled"),
        ({"classifiers": ["topic", "topic"]}, "classifiers", "'topic' 2 times"),
        ({"classifiers": ["topic"], "strategy": {"combine": True}}, "strategy.combine", "only one classifier"),
        ({"tokens": {"compression_rate": 0.5}}, "tokens.compression_rate", "tokens.compression is rules"),
        ({"shards": {"max_shards": 300}}, "shards.max_shards", "256"),
        ({"realtime": {"timeout_s": 900}}, "realtime.timeout_s", "never retried"),
        ({"batch": {"poll_min_s": 400}}, "batch.poll_min_s", "longer than batch.poll_max_s, 300"),
        ({"lane": "realtime", "batch": {"max_rounds": 3}}, "batch.max_rounds", "lane is realtime"),
        ({"lane": "flex"}, "lane!", "which no endpoint offers; use auto, realtime or batch"),
        ({"lane": "batch", "routing": {"min_saving_usd": 5}}, "routing.min_saving_usd", "lane is batch"),
        ({"routing": {"deadline_hours": 12}}, "routing.deadline_hours", "no batch is chosen until"),
        ({"routing": {"deadline_hours": 12}, "lane": "batch"}, "routing.deadline_hours", "expected to be late"),
        ({"strategy": {"grader": True}}, "strategy.grader", "without strategy.pack above 1"),
        ({"strategy": {"pack_tokens": 500}}, "strategy.pack_tokens", "strategy.pack is 1"),
        ({"strategy": {"shuffle_seed": 3}}, "strategy.shuffle_seed", "no requests are shared"),
        ({"strategy": {"pack": 2, "audit_share": 0.1}}, "strategy.audit_share", "without strategy.grader"),
        ({"strategy": {"pack": 2, "shadow_min": 3}}, "strategy.shadow_min", "without strategy.combine"),
        ({"strategy_gate": {"floor": 0.9}}, "strategy_gate.floor", "no requests are shared"),
        ({"strategy": {"pack": 2}, "strategy_gate": {"mode": "off", "min_n": 5}}, "strategy_gate.min_n", "mode is off"),
        ({"model_gate": {"mode": "off", "max_age_days": 5}}, "model_gate.max_age_days", "mode is off"),
        ({"quality": {"truncated_share": {"severity": "off", "limit": 1}}}, "quality.truncated_share.limit", "is off"),
        ({"quality": {"truncated_share": {"severity": "warn"}}}, "quality.truncated_share.limit", "is not run; give it"),
        ({"quality": {"label_share_change": {"limit": 15}}}, "quality.label_share_change.limit", "cannot fail"),
        ({"alerts": {"budget_share": 0.5}}, "alerts.budget_share", "budget_usd is not set"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_contradiction_is_found_and_says_why(pipeline, setting, says):
    reported = found(pipeline)
    assert says in reported[setting]
    others = {name for name in reported if name not in {setting, "strategy_gate.mode", "model_gate.mode"}}
    assert others == set()


@pytest.mark.parametrize(
    ("pipeline", "unwanted"),
    [
        ({"sample": {"strata": ["turns"], "count": 5}}, "sample.strata"),
        ({"tokens": {"compression": "llmlingua", "compression_rate": 0.3}}, "tokens.compression_rate"),
        ({"tokens": {"compression": "llmlingua"}, "strategy_gate": {"floor": 0.9}}, "strategy_gate.floor"),
        ({"strategy": {"combine": True, "shadow_min": 3, "grader": True, "audit_share": 0.1}}, "strategy.shadow_min"),
        ({"routing": {"deadline_hours": 24}}, "routing.deadline_hours"),
        ({"routing": {"deadline_hours": 2}, "lane": "realtime"}, "routing.deadline_hours"),
        ({"quality": {"cost_per_conversation_usd": {"limit": 2}}}, "quality.cost_per_conversation_usd.limit"),
        ({"budget_usd": 5, "alerts": {"budget_share": 0.5}}, "alerts.budget_share"),
    ],
)
def test_what_has_an_effect_is_not_reported(pipeline, unwanted):
    assert unwanted not in found(pipeline)


def test_endpoints_that_offer_nothing_for_classifiers_stop_every_run():
    assert "give one the lane realtime, flex or batch" in found({}, (endpoint("a", "embedding"),))["endpoints!"]


def test_settings_of_a_lane_that_no_endpoint_offers_have_no_effect():
    assert (
        "no endpoint offers the batch lane"
        in found({"batch": {"max_rounds": 2}}, (endpoint("a", "realtime"),))["batch.max_rounds"]
    )


def test_without_a_file_of_endpoints_nothing_is_said_of_them():
    assert found({"lane": "flex", "batch": {"max_rounds": 2}}, None) == {
        "batch.max_rounds": "has no effect, because lane is flex"
    }


def test_a_ceiling_that_every_endpoint_overrules_has_no_effect():
    endpoints = (endpoint(limits={"max_concurrency": 5}),)
    assert (
        "limits.max_concurrency of its own"
        in found({"realtime": {"max_concurrency": 9}}, endpoints)["realtime.max_concurrency"]
    )
    assert found({"realtime": {"max_concurrency": 9}}, (*endpoints, endpoint("b"))) == {}


def test_a_budget_needs_the_price_of_every_endpoint_that_may_be_used():
    endpoints = (endpoint("a", "realtime"), endpoint("b", "batch"))
    assert "give `price` for b" in found({"budget_usd": 5}, endpoints, ["b"])["budget_usd!"]
    assert "budget_usd!" not in found({"budget_usd": 5, "lane": "realtime"}, endpoints, ["b"])


def test_an_endpoint_without_a_price_is_reported_with_what_follows():
    assert found({}, unpriced=["a"])["endpoints.0.price"].endswith("does not list m: costs are unknown, and no batch is chosen")
    assert found({"lane": "batch"}, unpriced=["a"])["endpoints.0.price"].endswith("costs are unknown")
    judged = found({"quality": {"cost_per_conversation_usd": {"severity": "warn", "limit": 1}}}, unpriced=["a"])
    assert "the price of a is unknown" in judged["quality.cost_per_conversation_usd.limit"]


@pytest.mark.parametrize("name", ["limits.enqueued_tokens", "price.batch_discount", "price.flex_discount"])
def test_settings_of_an_endpoint_for_a_lane_it_does_not_offer_have_no_effect(name):
    reported = found({}, (endpoint("a", "realtime"), endpoint("b", "realtime")), of_endpoints=[f"endpoints.1.{name}"])
    assert list(reported) == [f"endpoints.1.{name}"]
    assert "b does not offer the" in reported[f"endpoints.1.{name}"]


def test_a_weight_needs_another_endpoint():
    assert "only one endpoint" in found({}, of_endpoints=["endpoints.0.weight"])["endpoints.0.weight"]
    assert found({}, (endpoint(), endpoint("b")), of_endpoints=["endpoints.0.weight"]) == {}


@pytest.mark.parametrize(
    ("url", "clear"),
    [
        ("http://llm.example.com/v1", True),
        ("http://203.0.113.9:8000/v1", False),  # documentation's own network, which is not routed
        ("http://8.8.8.8/v1", True),
        ("https://llm.example.com/v1", False),
        ("http://localhost:8000/v1", False),
        ("http://127.0.0.1:8000/v1", False),
        ("http://10.0.0.5/v1", False),
        ("http://vllm:8000/v1", False),
    ],
)
def test_a_key_is_not_sent_in_the_clear_over_the_internet(url, clear):
    assert ("endpoints.0.base_url" in found({}, (endpoint(base_url=url, api_key_env="A_KEY"),))) is clear
    assert found({}, (endpoint(base_url=url),)) == {}


def test_a_key_given_twice_is_taken_from_the_environment():
    reported = found({}, (endpoint(api_key_env="A_KEY", conn_id="east"),))
    assert reported == {"endpoints.0.api_key_env": "is used instead of the password of the connection east"}


def test_what_stops_a_run_comes_first():
    facts = Facts(PipelineConfig(lane="flex"), endpoints=EndpointsFile(endpoints=(endpoint(),)).endpoints)
    assert [finding.stops for finding in contradictions(facts)] == [True, False]
