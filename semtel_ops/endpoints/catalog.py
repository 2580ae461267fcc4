"""Reads endpoints.yaml: resolves keys and connections, fills in prices of known models, sends nothing."""

import re
from collections.abc import Callable, Mapping
from datetime import date
from functools import cache, partial
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple, cast

from pydantic import ConfigDict, Field, GetCoreSchemaHandler, create_model, field_validator, model_validator
from pydantic_core import CoreSchema, core_schema

from semtel_ops.endpoints.factory import DEFAULT_KIND, KINDS
from semtel_ops.endpoints.kind import EndpointKind
from semtel_ops.endpoints.model import Endpoint, KindOptions, Lane, Limits, Price
from semtel_ops.endpoints.reasoning import Reasoning
from semtel_ops.errors import ConfigError
from semtel_ops.settings import load_yaml, parse_config
from semtel_ops.settings.config_model import (
    ConfigModel,
    PositiveShare,
    RequestsPerMinute,
    Tokens,
    TokensPerMinute,
    UsdPerMillionTokens,
    VariableName,
)
from semtel_ops.settings.environment import read_secret
from semtel_ops.words import ReasoningEffort


class ConnectionFields(NamedTuple):
    """Values from an Airflow connection. A URL in endpoints.yaml takes precedence over `base_url`."""

    base_url: str | None
    api_key: str | None


ResolveConnection = Callable[[str], ConnectionFields]


class PriceConfig(ConfigModel):
    """What an endpoint charges in the realtime lane, and which part of that its other lanes cost."""

    input_per_million: Annotated[UsdPerMillionTokens, Field(ge=0)] = Field(examples=[0.15])
    """Price of input tokens."""
    output_per_million: Annotated[UsdPerMillionTokens, Field(ge=0)] = Field(examples=[0.6])
    """Price of output tokens."""
    batch_discount: PositiveShare = 0.5
    """Price of the batch lane as a share of the realtime price: 0.5 is half."""
    flex_discount: PositiveShare = 0.5
    """Price of the flex lane as a share of the realtime price."""


class LimitsConfig(ConfigModel):
    """Upper bounds on the load. All are optional: without them, the limits are measured."""

    rpm: Annotated[RequestsPerMinute, Field(ge=1)] | None = Field(default=None, examples=[12_000])
    """Requests sent per minute."""
    tpm: Annotated[TokensPerMinute, Field(ge=1)] | None = Field(default=None, examples=[2_000_000])
    """Tokens sent per minute: the prompt and the largest possible reply."""
    enqueued_tokens: Annotated[Tokens, Field(ge=1)] | None = Field(default=None, examples=[50_000_000])
    """Prompt tokens in batch jobs that wait or run at the same time."""
    max_concurrency: Annotated[int, Field(ge=1)] | None = Field(default=None, examples=[64])
    """Concurrent requests. Default: `realtime.max_concurrency` of pipeline.yaml."""


Headroom = Annotated[Mapping[ReasoningEffort, Annotated[Tokens, Field(ge=0, le=1_000_000)]], Field(examples=[{"low": 4096}])]
"""Tokens for thoughts by effort, where they differ from `reasoning.HEADROOM_TOKENS`."""


class EndpointConfig(ConfigModel):
    """A deployment of a model that answers requests: the settings of every kind; `entry_type` adds those of one kind."""

    # For editors, which validate against the JSON schema; `_complete` checks the same.
    model_config = ConfigDict(json_schema_extra={"anyOf": [{"required": ["base_url"]}, {"required": ["conn_id"]}]})

    name: Annotated[str, Field(min_length=1, max_length=100)] = Field(examples=["east"])
    """Unique name of the endpoint, as recorded in label rows."""
    kind: str = DEFAULT_KIND
    """Type of API, which decides what else the entry may say."""
    base_url: str | None = Field(default=None, examples=["https://api.openai.com/v1", "https://NAME.openai.azure.com"])
    """URL of the API. May be left out if the connection `conn_id` has a host."""
    model: Annotated[str, Field(min_length=1)] = Field(examples=["gpt-6-luna"])
    """Model that is requested, or on Azure the model that the deployment runs. Determines price and token counts."""
    api_key_env: VariableName | None = Field(default=None, examples=["OPENAI_API_KEY"])
    """Name of the environment variable that holds the API key. Never write the key itself into a file."""
    conn_id: str | None = Field(default=None, examples=["azure_openai_east"])
    """Id of an Airflow connection whose host is the base URL and whose password is the API key. Only works in Airflow."""
    lanes: Annotated[tuple[Lane, ...], Field(min_length=1)] = (Lane.REALTIME,)
    """Lanes that the endpoint offers."""
    limits: LimitsConfig = LimitsConfig()
    """Upper bounds on the load."""
    price: PriceConfig | None = None
    """Prices. Without a value, those of the model in models.yaml apply; if it is not listed there, costs are unknown."""
    weight: Annotated[float, Field(gt=0)] = 1.0
    """Preference over other endpoints: with twice the weight, an endpoint receives about twice the work."""
    reasoning_effort: ReasoningEffort | None = Field(default=None, examples=["none"])
    """How much the model thinks before it answers, sent as `reasoning_effort`. A prompt's `reasoningEffort` takes precedence.
    Default: that of the model in models.yaml, or else not sent, so that the model's own default applies."""
    reasoning_headroom: Headroom = Field(default_factory=dict)
    """Tokens by which the upper bound of a reply is raised to give thoughts room, by effort. Default: none 0, minimal 512, low
    2,048, medium 8,192, high 25,000, xhigh 50,000, max 100,000, unless models.yaml has others."""

    @property
    def options(self) -> KindOptions:
        """The settings that only this kind of endpoint has."""
        own = KINDS[self.kind].options
        options: KindOptions = own.model_validate({name: getattr(self, name) for name in own.model_fields})
        return options

    @field_validator("kind")
    @classmethod
    def _known(cls, kind: str) -> str:
        if kind not in KINDS:
            raise ValueError(f"must be a kind of endpoint: {', '.join(sorted(KINDS))}")
        return kind

    @model_validator(mode="before")
    @classmethod
    def _not_another_kind(cls, entry: Any) -> Any:
        if _kind_named_in(entry) is not None:
            for name in entry:
                kinds = [kind.name for kind in KINDS.values() if name in kind.options.model_fields]
                if kinds and name not in cls.model_fields:
                    raise ValueError(f"endpoint {entry.get('name')!r}: {name} applies only to kind {' or '.join(kinds)}")
        return entry

    @model_validator(mode="after")
    def _complete(self) -> "EndpointConfig":
        if self.base_url is None and self.conn_id is None:
            raise ValueError(f"endpoint {self.name!r} needs base_url, or conn_id whose connection has a host")
        if self.base_url is not None and not self.base_url.startswith(("http://", "https://")):
            raise ValueError(f"base_url of endpoint {self.name!r} must start with http:// or https://")
        kind = KINDS[self.kind]
        if missing := [lane.value for lane in self.lanes if lane not in kind.lanes]:
            offered = ", ".join(lane.value for lane in Lane if lane in kind.lanes)
            raise ValueError(
                f"endpoint {self.name!r}: kind {kind.name} offers {offered}, not {', '.join(missing)}; remove it from lanes"
            )
        if self.api_key_env is not None and not self.options.needs_key:
            raise ValueError(f"endpoint {self.name!r} authenticates with this machine's identity: remove api_key_env")
        return self


@cache
def entry_type(kind: EndpointKind) -> type[EndpointConfig]:
    """The pydantic model of an entry of one kind: the common settings and those of the kind."""
    model = create_model(
        f"{kind.name.title()}EndpointConfig",
        __base__=cast("Any", (kind.options, EndpointConfig)),
        __doc__=kind.summary,
        kind=(cast("Any", Literal[kind.name]), kind.name if kind.name == DEFAULT_KIND else ...),
    )
    return cast("type[EndpointConfig]", model)


class _OfItsKind:
    """Validates an entry with the model of its kind; in the JSON schema, each kind is an alternative."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        alternatives = core_schema.union_schema([handler.generate_schema(entry_type(kind)) for kind in KINDS.values()])
        return core_schema.no_info_wrap_validator_function(_as_its_kind, alternatives)


def _as_its_kind(entry: Any, _: Any) -> EndpointConfig:
    kind = _kind_named_in(entry)
    if kind is not None:
        return entry_type(kind).model_validate(entry)
    if isinstance(entry, dict):
        # The kind is what is wrong; settings that only some kind has are not.
        own = {name for known in KINDS.values() for name in known.options.model_fields}
        entry = {name: value for name, value in entry.items() if name not in own}
    return EndpointConfig.model_validate(entry)


def _kind_named_in(entry: Any) -> EndpointKind | None:
    """The kind of an entry that is not validated yet; None if it names an unknown kind."""
    name = entry.get("kind", DEFAULT_KIND) if isinstance(entry, dict) else None
    return KINDS.get(name) if isinstance(name, str) else None


class EndpointsFile(ConfigModel):
    """The endpoints that answer requests."""

    endpoints: Annotated[tuple[Annotated[EndpointConfig, _OfItsKind()], ...], Field(min_length=1)]
    """The endpoints, at least one. A run uses all of them."""

    @model_validator(mode="after")
    def _unique(self) -> "EndpointsFile":
        names = [endpoint.name for endpoint in self.endpoints]
        duplicates = sorted({name for name in names if names.count(name) > 1})
        if duplicates:
            raise ValueError(f"endpoint names must be unique; given twice: {', '.join(duplicates)}")
        return self


class KnownModel(ConfigModel):
    """Facts about a model: list prices, limits, the end of its life. What is not known is left out."""

    input_per_million: Annotated[UsdPerMillionTokens, Field(ge=0)] | None = Field(default=None, examples=[0.15])
    """Price of input tokens. Default: unknown, so that costs are, too."""
    output_per_million: Annotated[UsdPerMillionTokens, Field(ge=0)] | None = Field(default=None, examples=[0.6])
    """Price of output tokens, thoughts included."""
    batch_discount: PositiveShare = 0.5
    """Price of the batch lane as a share of the realtime price: 0.5 is half."""
    flex_discount: PositiveShare = 0.5
    """Price of the flex lane as a share of the realtime price."""
    context: Annotated[Tokens, Field(ge=1)] | None = Field(default=None, examples=[128_000])
    """Size of the context window."""
    max_output: Annotated[Tokens, Field(ge=1)] | None = Field(default=None, examples=[16_384])
    """Longest possible reply."""
    reasoning_effort: ReasoningEffort | None = Field(default=None, examples=["none"])
    """How much the model thinks before it answers, for endpoints and prompts that do not say. Default: not sent, so that the
    model's own default applies."""
    reasoning_headroom: Headroom = Field(default_factory=dict)
    """Tokens by which the upper bound of a reply is raised to give thoughts room, by effort; see endpoints.yaml."""
    retires: date | None = Field(default=None, examples=["2027-01-14"])
    """Day on which the provider stops serving the model, for servers whose own list of models does not say."""
    successor: str | None = Field(default=None, min_length=1, examples=["gpt-6-luna"])
    """Model that the provider recommends instead."""
    checked_on: date | None = Field(default=None, examples=["2026-11-28"])
    """Day on which the facts were checked, if it is another than the file's."""

    @model_validator(mode="after")
    def _whole_price(self) -> "KnownModel":
        if (self.input_per_million is None) != (self.output_per_million is None):
            raise ValueError("a price needs both input_per_million and output_per_million")
        return self

    @property
    def price(self) -> Price | None:
        """Its list price; None if it is unknown."""
        if self.input_per_million is None or self.output_per_million is None:
            return None
        return Price(self.input_per_million, self.output_per_million, self.batch_discount, self.flex_discount)


class ModelsFile(ConfigModel):
    """What is known of models. `price` and `reasoning_effort` in endpoints.yaml take precedence over this file."""

    checked_on: date | None = Field(default=None, examples=["2026-11-28"])
    """Day on which the facts were last checked against the providers' pages. `semtel config check` warns after 180 days."""
    source: str | None = Field(default=None, examples=["https://developers.openai.com/api/docs/pricing"])
    """Where the facts are from."""
    models: Mapping[str, KnownModel]
    """Models by name. A name also applies to its dated versions: `gpt-4o-mini` to `gpt-4o-mini-2024-07-18`."""


def load_models(path: str | Path) -> Mapping[str, KnownModel]:
    """Read models.yaml: prices and context windows by model name.

    Raises:
        ConfigError: the file is missing or wrong.
    """
    return load_yaml(path, ModelsFile).models


_VERSION = re.compile(r"-(?:\d{4}-\d{2}-\d{2}|\d{8}|\d{4}|latest)")
"""What a version of a model appends to its name: gpt-4o-mini-2024-07-18, claude-opus-4-20250514, gpt-4-0613."""


def known_name(models: Mapping[str, KnownModel], model: str) -> str | None:
    """The name under which a model is known: its own, or that of which it is a dated version (gpt-4o-mini-2024-07-18).

    Other names that begin alike are other models, with other prices: gpt-5-mini and gpt-5.6-luna are not known by gpt-5.
    """
    if model in models:
        return model
    return next((name for name in models if is_version(model, name)), None)


def is_version(model: str, name: str) -> bool:
    """Whether a model is a dated version of another, by their names."""
    return model.startswith(name) and _VERSION.fullmatch(model, len(name)) is not None


def known_model(models: Mapping[str, KnownModel], model: str) -> KnownModel | None:
    """What is known of a model; see `known_name`."""
    name = known_name(models, model)
    return None if name is None else models[name]


def load_endpoints(
    path: str | Path,
    *,
    models: Mapping[str, KnownModel] | None = None,
    resolve_connection: ResolveConnection | None = None,
    environ: Mapping[str, str] | None = None,
) -> tuple[Endpoint, ...]:
    """Read endpoints.yaml.

    Args:
        models: prices for entries without a price. Rows of an unknown model cost None.
        resolve_connection: returns host and key of a conn_id; None outside Airflow.
        environ: where api_key_env is looked up; default: the process environment.

    Raises:
        ConfigError: the file is wrong, a key's variable is not set, a required package is missing, or conn_id is used outside
            Airflow.
    """
    file = load_yaml(path, EndpointsFile)
    return tuple(
        _resolved(f"{path}: endpoints.{index}", config, models or {}, resolve_connection, environ)
        for index, config in enumerate(file.endpoints)
    )


def endpoint_from_settings(settings: Mapping[str, object], *, api_key: str | None, where: str) -> Endpoint:
    """Make an endpoint from settings of endpoints.yaml that are stored elsewhere, such as in an Airflow connection.

    Args:
        settings: by their names in endpoints.yaml; empty values count as absent.
        where: begins the message of an error.

    Raises:
        ConfigError: a setting is wrong or missing.
    """
    entry = {name: value for name, value in settings.items() if value not in (None, "")}
    secrets = {"KEY": api_key} if api_key else {}
    if secrets:
        entry["api_key_env"] = "KEY"
    (config,) = parse_config({"endpoints": [entry]}, EndpointsFile, where=where).endpoints
    return _resolved(where, config, {}, None, secrets)


def _resolved(
    where: str,
    config: EndpointConfig,
    models: Mapping[str, KnownModel],
    resolve_connection: ResolveConnection | None,
    environ: Mapping[str, str] | None,
) -> Endpoint:
    base_url, api_key = config.base_url, None
    if config.conn_id is not None:
        if resolve_connection is None:
            raise ConfigError(
                f"{where}.conn_id",
                config.conn_id,
                "is an Airflow connection, available only in a DAG; use api_key_env in a shell",
            )
        fields = resolve_connection(config.conn_id)
        base_url, api_key = base_url or fields.base_url, fields.api_key
        if not base_url:
            raise ConfigError(f"{where}.base_url", None, f"is required, here or as the host of connection {config.conn_id!r}")
    if config.api_key_env is not None:
        api_key = read_secret(config.api_key_env, environ)
        if api_key is None:
            raise ConfigError(
                f"{where}.api_key_env", config.api_key_env, "is not set in the environment; export it with the key"
            )
    assert base_url is not None  # EndpointConfig requires base_url or conn_id
    options = config.options
    if (missing := options.missing_requirement()) is not None:
        raise ConfigError(f"{where}.{missing.setting}", missing.value, missing.fix)
    return Endpoint(
        name=config.name,
        kind=config.kind,
        base_url=base_url.rstrip("/"),
        model=config.model,
        api_key=api_key if options.needs_key else None,
        lanes=config.lanes,
        limits=Limits(**config.limits.model_dump()),
        price=_price(config, models),
        weight=config.weight,
        reasoning=reasoning_of(config, models),
        options=options,
        read_key=partial(_read_key, config, resolve_connection, environ) if api_key and options.needs_key else None,
    )


def _read_key(
    config: EndpointConfig, resolve_connection: ResolveConnection | None, environ: Mapping[str, str] | None
) -> str | None:
    if config.api_key_env is not None:
        return read_secret(config.api_key_env, environ)
    return resolve_connection(config.conn_id).api_key if resolve_connection and config.conn_id else None


def _price(config: EndpointConfig, models: Mapping[str, KnownModel]) -> Price | None:
    if config.price is not None:
        return Price(**config.price.model_dump())
    known = known_model(models, config.model)
    return None if known is None else known.price


def reasoning_of(config: EndpointConfig, models: Mapping[str, KnownModel]) -> Reasoning:
    """The endpoint's own effort and headroom before those of its model."""
    known = known_model(models, config.model)
    effort = config.reasoning_effort or (None if known is None else known.reasoning_effort)
    headroom = {**({} if known is None else known.reasoning_headroom), **config.reasoning_headroom}
    return Reasoning(effort, tuple(sorted(headroom.items())))
