"""Finds settings that are valid one by one but wrong together: contradictions, settings without effect, runs that cannot start.

Pure functions from settings to findings. A rule is a function in `_RULES`; the caller adds the origin of the setting. A setting
without effect is only reported if a person given it: a default without effect is not a mistake.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

from semtel_ops.endpoints import Lane
from semtel_ops.endpoints.catalog import EndpointConfig
from semtel_ops.experiments.gate import needs_proof
from semtel_ops.settings import PipelineConfig, Severity
from semtel_ops.tokens.compressor import compressor_named

_MOST_SHARDS: Final = 256
_LANES: Final = (Lane.REALTIME, Lane.FLEX, Lane.BATCH)
"""Lanes for classifiers; the embedding lane is not one of them."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A problem with a setting.

    Attributes:
        setting: its name, in the form of `Setting.name`.
        message: what is wrong and what to do; completes a sentence that begins with the name.
        stops: whether a run with these settings would stop before it sends a request.
    """

    setting: str
    message: str
    stops: bool = False


@dataclass(frozen=True, slots=True)
class Facts:
    """The input of the rules.

    Attributes:
        written: names of the settings that are given in a file or by an option.
        endpoints: None if no endpoints.yaml is examined.
        unpriced: names of the endpoints whose price is unknown.
    """

    pipeline: PipelineConfig
    written: frozenset[str] = frozenset()
    endpoints: tuple[EndpointConfig, ...] | None = None
    unpriced: frozenset[str] = frozenset()

    def given(self, *names: str) -> Iterator[str]:
        """Names of those settings that are given, sorted; a name that ends in a dot means all settings of a section."""
        for name in sorted(self.written):
            if any(name.startswith(wanted) if wanted.endswith(".") else name == wanted for wanted in names):
                yield name

    def offers(self, lane: Lane) -> bool:
        """Whether any endpoint offers a lane."""
        return any(lane in endpoint.lanes for endpoint in self.endpoints or ())

    @property
    def lanes_used(self) -> set[Lane]:
        """Lanes that the run may use: all for `auto`, otherwise the configured lane and realtime as a fallback."""
        chosen = self.pipeline.lane
        return set(_LANES) if chosen == "auto" else {Lane(chosen), Lane.REALTIME}


Rule = Callable[[Facts], Iterator[Finding]]


def contradictions(facts: Facts) -> list[Finding]:
    """All findings; those that stop a run come first."""
    findings = [finding for rule in _RULES for finding in rule(facts)]
    return sorted(findings, key=lambda finding: not finding.stops)


def _source(facts: Facts) -> Iterator[Finding]:
    source = facts.pipeline.source
    if not source.paths and source.sql is None:
        yield Finding("source.paths", "is empty and there is no source.sql; every run has to name its source")
    if source.paths and source.sql is not None:
        yield Finding("source.paths", "has no effect, because source.sql is read instead; remove one of them")


def _sample(facts: Facts) -> Iterator[Finding]:
    sample = facts.pipeline.sample
    if sample.strata and sample.count is None:
        yield Finding("sample.strata", "changes nothing without sample.count, which is divided among the strata")


def _classifiers(facts: Facts) -> Iterator[Finding]:
    names = facts.pipeline.classifiers
    if not names:
        yield Finding("classifiers", "is empty, so nothing would be labelled; name at least one classifier")
    for name, count in Counter(names).items():
        if count > 1:
            yield Finding("classifiers", f"has {name!r} {count} times; it is run once")
    if facts.pipeline.strategy.combine and len(set(names)) == 1:
        yield Finding("strategy.combine", "changes nothing, because there is only one classifier")


def _tokens(facts: Facts) -> Iterator[Finding]:
    compression = facts.pipeline.tokens.compression
    if not compressor_named(compression).uses_rate:
        for name in facts.given("tokens.compression_rate"):
            yield Finding(name, f"has no effect, because tokens.compression is {compression}, not llmlingua")


def _shards(facts: Facts) -> Iterator[Finding]:
    if facts.pipeline.shards.max_shards > _MOST_SHARDS:
        yield Finding("shards.max_shards", f"is more than {_MOST_SHARDS}; there are never more shards than that")


def _realtime(facts: Facts) -> Iterator[Finding]:
    config = facts.pipeline.realtime
    if config.timeout_s >= config.deadline_s:
        yield Finding(
            "realtime.timeout_s",
            f"is not shorter than realtime.deadline_s, {config.deadline_s:g}: a request that times out is never retried",
        )
    if facts.endpoints and all(endpoint.limits.max_concurrency for endpoint in facts.endpoints):
        for name in facts.given("realtime.max_concurrency"):
            yield Finding(name, "has no effect, because every endpoint has a limits.max_concurrency of its own")


def _batch(facts: Facts) -> Iterator[Finding]:
    config = facts.pipeline.batch
    if config.poll_min_s > config.poll_max_s:
        yield Finding("batch.poll_min_s", f"is longer than batch.poll_max_s, {config.poll_max_s:g}")
    if Lane.BATCH not in facts.lanes_used:
        for name in facts.given("batch."):
            yield Finding(name, f"has no effect, because lane is {facts.pipeline.lane}")
    elif facts.endpoints is not None and not facts.offers(Lane.BATCH):
        for name in facts.given("batch."):
            yield Finding(name, "has no effect, because no endpoint offers the batch lane")


def _lane(facts: Facts) -> Iterator[Finding]:
    if facts.endpoints is None:
        return
    offered = [lane.value for lane in _LANES if facts.offers(lane)]
    chosen = facts.pipeline.lane
    if not offered:
        yield Finding(
            "endpoints", "has no entry with a lane for classifiers; give one the lane realtime, flex or batch", stops=True
        )
    elif chosen != "auto" and chosen not in offered:
        possible = " or ".join([", ".join(["auto", *offered[:-1]]), offered[-1]])
        yield Finding("lane", f"is {chosen}, which no endpoint offers; use {possible}", stops=True)


def _routing(facts: Facts) -> Iterator[Finding]:
    routing, lane = facts.pipeline.routing, facts.pipeline.lane
    if lane != "auto":
        for name in facts.given("routing.min_saving_usd"):
            yield Finding(name, f"has no effect, because lane is {lane}, not auto")
    hours = routing.deadline_hours
    batch_possible = Lane.BATCH in facts.lanes_used and (facts.endpoints is None or facts.offers(Lane.BATCH))
    if hours is not None and batch_possible and hours < routing.batch_hours:
        outcome = "no batch is chosen" if lane == "auto" else "the batch is expected to be late"
        yield Finding(
            "routing.deadline_hours",
            f"is {hours:g}, shorter than the {routing.batch_hours:g} hours that a batch job is assumed to take"
            f" (routing.batch_hours): {outcome} until jobs have been measured to be faster",
        )


def _strategy(facts: Facts) -> Iterator[Finding]:
    strategy = facts.pipeline.strategy
    if strategy.grader and strategy.plain:
        yield Finding("strategy.grader", "has no effect without strategy.pack above 1 or strategy.combine")
    if strategy.pack == 1:
        for name in facts.given("strategy.pack_tokens"):
            yield Finding(name, "has no effect, because strategy.pack is 1")
    if strategy.plain:
        for name in facts.given("strategy.shuffle_seed"):
            yield Finding(name, "has no effect, because no requests are shared")
    if not strategy.grader:
        for name in facts.given("strategy.audit_share"):
            yield Finding(name, "has no effect without strategy.grader")
    if not strategy.combine:
        combined = ("shadow_share", "shadow_floor", "shadow_min", "unbundled_days")
        for name in facts.given(*(f"strategy.{setting}" for setting in combined)):
            yield Finding(name, "has no effect without strategy.combine")


def _strategy_gate(facts: Facts) -> Iterator[Finding]:
    gate = facts.pipeline.strategy_gate
    if not needs_proof(facts.pipeline.strategy, facts.pipeline.tokens):
        for name in facts.given("strategy_gate."):
            yield Finding(name, "has no effect, because no requests are shared and llmlingua is not used")
    elif gate.mode == "off":
        for name in facts.given("strategy_gate.floor", "strategy_gate.max_age_days", "strategy_gate.min_n"):
            yield Finding(name, "has no effect, because strategy_gate.mode is off")


def _model_gate(facts: Facts) -> Iterator[Finding]:
    if facts.pipeline.model_gate.mode == "off":
        for name in facts.given("model_gate.max_age_days", "model_gate.margin"):
            yield Finding(name, "has no effect, because model_gate.mode is off")


def _quality(facts: Facts) -> Iterator[Finding]:
    for check, policy in facts.pipeline.quality.checks.items():
        if policy.severity is Severity.OFF:
            for name in facts.given(f"quality.{check}.limit"):
                yield Finding(name, "has no effect, because the severity of the check is off")
        elif policy.limit is None:
            yield Finding(f"quality.{check}.limit", "is not given, so the check is not run; give it, or set severity to off")
        elif check.endswith(("_share", "_change")) and policy.limit >= 1:
            yield Finding(f"quality.{check}.limit", f"is {policy.limit:g}: a share is never above 1, so the check cannot fail")
    if facts.unpriced:
        for name in facts.given("quality.cost_per_conversation_usd.severity", "quality.cost_per_conversation_usd.limit"):
            yield Finding(name, f"cannot be judged, because the price of {', '.join(sorted(facts.unpriced))} is unknown")


def _budget(facts: Facts) -> Iterator[Finding]:
    if facts.pipeline.budget_usd is None:
        for name in facts.given("alerts.budget_share"):
            yield Finding(name, "only has an effect in runs with a budget, and budget_usd is not set")
        return
    unpriced = [
        endpoint.name
        for endpoint in facts.endpoints or ()
        if endpoint.name in facts.unpriced and facts.lanes_used & set(endpoint.lanes)
    ]
    if unpriced:
        yield Finding("budget_usd", f"needs a price for every endpoint; give `price` for {', '.join(unpriced)}", stops=True)


def _endpoints(facts: Facts) -> Iterator[Finding]:
    for index, endpoint in enumerate(facts.endpoints or ()):
        prefix = f"endpoints.{index}."
        for setting, lane in (
            ("limits.enqueued_tokens", Lane.BATCH), ("price.batch_discount", Lane.BATCH), ("price.flex_discount", Lane.FLEX),
        ):  # fmt: skip
            if lane not in endpoint.lanes:
                for name in facts.given(f"{prefix}{setting}"):
                    yield Finding(name, f"has no effect, because {endpoint.name} does not offer the {lane.value} lane")
        if len(facts.endpoints or ()) == 1:
            for name in facts.given(f"{prefix}weight"):
                yield Finding(name, "has no effect, because there is only one endpoint")
        if endpoint.api_key_env and endpoint.conn_id:
            yield Finding(f"{prefix}api_key_env", f"is used instead of the password of the connection {endpoint.conn_id}")
        if endpoint.base_url and _sends_key_in_clear(endpoint):
            yield Finding(f"{prefix}base_url", "is http://, so the API key is sent unencrypted; use https://")
        if endpoint.name in facts.unpriced and set(endpoint.lanes) & set(_LANES):
            no_batch = "" if Lane.BATCH not in endpoint.lanes or facts.pipeline.lane != "auto" else ", and no batch is chosen"
            yield Finding(
                f"{prefix}price", f"is not given, and models.yaml does not list {endpoint.model}: costs are unknown{no_batch}"
            )


def _sends_key_in_clear(endpoint: EndpointConfig) -> bool:
    url = urlsplit(endpoint.base_url or "")
    if url.scheme != "http" or not (endpoint.api_key_env or endpoint.conn_id):
        return False
    host = url.hostname or ""
    try:
        return not ip_address(host).is_private
    except ValueError:
        return "." in host  # a name without a dot is in the local network


_RULES: Sequence[Rule] = (
    _source,
    _sample,
    _classifiers,
    _tokens,
    _shards,
    _lane,
    _routing,
    _realtime,
    _batch,
    _strategy,
    _strategy_gate,
    _model_gate,
    _quality,
    _budget,
    _endpoints,
)
