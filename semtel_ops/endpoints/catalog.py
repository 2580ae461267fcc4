"""`endpoints.yaml` into endpoints: keys resolved, prices of known models filled in, nothing asked yet."""

from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple, cast

from pydantic import BaseModel, ConfigDict, Field, GetCoreSchemaHandler, create_model, field_validator, model_validator
from pydantic_core import CoreSchema, core_schema

from semtel_ops.endpoints.factory import DEFAULT_KIND, KINDS
from semtel_ops.endpoints.kind import EndpointKind
from semtel_ops.endpoints.model import Endpoint, KindOptions, Lane, Limits, Price
from semtel_ops.errors import ConfigError
from semtel_ops.settings import load_yaml, parse_config
from semtel_ops.settings.environment import read_secret


class ConnectionFields(NamedTuple):
    """What an Airflow connection says of an endpoint; empty fields leave the file's own."""

    base_url: str | None
    api_key: str | None


ResolveConnection = Callable[[str], ConnectionFields]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class PriceConfig(_Model):
    input_per_million: Annotated[float, Field(ge=0)]
    output_per_million: Annotated[float, Field(ge=0)]
    batch_discount: Annotated[float, Field(gt=0, le=1)] = 0.5
    flex_discount: Annotated[float, Field(gt=0, le=1)] = 0.5


class LimitsConfig(_Model):
    rpm: Annotated[int, Field(ge=1)] | None = None
    tpm: Annotated[int, Field(ge=1)] | None = None
    enqueued_tokens: Annotated[int, Field(ge=1)] | None = None
    max_concurrency: Annotated[int, Field(ge=1)] | None = None


class EndpointConfig(_Model):
    """What an entry of endpoints.yaml says whatever its kind; `entry_type` adds the settings of one kind."""

    name: Annotated[str, Field(min_length=1, max_length=100)]
    kind: str = DEFAULT_KIND
    base_url: str | None = None
    model: Annotated[str, Field(min_length=1)]
    api_key_env: str | None = None
    conn_id: str | None = None
    lanes: Annotated[tuple[Lane, ...], Field(min_length=1)] = (Lane.REALTIME,)
    limits: LimitsConfig = LimitsConfig()
    price: PriceConfig | None = None
    weight: Annotated[float, Field(gt=0)] = 1.0

    @property
    def options(self) -> KindOptions:
        """The settings of its kind's own."""
        own = KINDS[self.kind].options
        return own.model_validate({name: getattr(self, name) for name in own.model_fields})

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
                    raise ValueError(f"endpoint {entry.get('name')!r}: {name} belongs to kind {' or '.join(kinds)}")
        return entry

    @model_validator(mode="after")
    def _complete(self) -> "EndpointConfig":
        if self.base_url is None and self.conn_id is None:
            raise ValueError(f"endpoint {self.name!r} needs base_url, or conn_id whose connection has a host")
        if self.base_url is not None and not self.base_url.startswith(("http://", "https://")):
            raise ValueError(f"base_url {self.base_url!r} of endpoint {self.name!r} must start with http:// or https://")
        kind = KINDS[self.kind]
        if missing := [lane.value for lane in self.lanes if lane not in kind.lanes]:
            offered = ", ".join(lane.value for lane in Lane if lane in kind.lanes)
            raise ValueError(f"endpoint {self.name!r}: kind {kind.name} offers {offered}, not {', '.join(missing)}")
        if self.api_key_env is not None and not self.options.needs_key:
            raise ValueError(f"endpoint {self.name!r} identifies this machine without a key: use it without api_key_env")
        return self


@cache
def entry_type(kind: EndpointKind) -> type[EndpointConfig]:
    """The model of an entry of one kind: the settings that all entries have, and the kind's own."""
    made = create_model(
        f"{kind.name.title()}EndpointConfig",
        __base__=cast("Any", (kind.options, EndpointConfig)),
        __doc__=kind.summary,
        kind=(cast("Any", Literal[kind.name]), kind.name if kind.name == DEFAULT_KIND else ...),
    )
    return cast("type[EndpointConfig]", made)


class _OfItsKind:
    """Has an entry checked by the model of the kind it names; in a JSON schema, there is one alternative a kind."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        alternatives = core_schema.union_schema([handler.generate_schema(entry_type(kind)) for kind in KINDS.values()])
        return core_schema.no_info_wrap_validator_function(_as_its_kind, alternatives)


def _as_its_kind(entry: Any, _: Any) -> EndpointConfig:
    kind = _kind_named_in(entry)
    return (EndpointConfig if kind is None else entry_type(kind)).model_validate(entry)


def _kind_named_in(entry: Any) -> EndpointKind | None:
    """The kind of an unchecked entry; None where it names none that there is."""
    name = entry.get("kind", DEFAULT_KIND) if isinstance(entry, dict) else None
    return KINDS.get(name) if isinstance(name, str) else None


class EndpointsFile(_Model):
    endpoints: Annotated[tuple[Annotated[EndpointConfig, _OfItsKind()], ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _unique(self) -> "EndpointsFile":
        names = [endpoint.name for endpoint in self.endpoints]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"endpoint names must be unique; given twice: {', '.join(twice)}")
        return self


class KnownModel(_Model):
    input_per_million: float
    output_per_million: float
    context: Annotated[int, Field(ge=1)]


class ModelsFile(_Model):
    models: Mapping[str, KnownModel]


def load_models(path: str | Path) -> Mapping[str, KnownModel]:
    """What `models.yaml` knows: prices and context windows by model name."""
    return load_yaml(path, ModelsFile).models


def known_model(models: Mapping[str, KnownModel], model: str) -> KnownModel | None:
    """A model by its name, or by the longest known name it continues with a dash (gpt-4o-mini-2024-07-18)."""
    fits = [name for name in models if model == name or model.startswith(f"{name}-")]
    return models[max(fits, key=len)] if fits else None


def load_endpoints(
    path: str | Path,
    *,
    models: Mapping[str, KnownModel] | None = None,
    resolve_connection: ResolveConnection | None = None,
    environ: Mapping[str, str] | None = None,
) -> tuple[Endpoint, ...]:
    """Read endpoints.yaml.

    Args:
        models: prices to fill in where the file gives none; an unknown model keeps no price and its rows cost None.
        resolve_connection: how a conn_id becomes a host and a key (in Airflow: its connections).
        environ: where api_key_env is looked up; the process environment by default.

    Raises:
        ConfigError: the file is wrong, a key's variable is not set, or conn_id is used outside Airflow.
    """
    file = load_yaml(path, EndpointsFile)
    return tuple(
        _resolved(f"{path}: endpoints.{at}", config, models or {}, resolve_connection, environ)
        for at, config in enumerate(file.endpoints)
    )


def endpoint_from_settings(settings: Mapping[str, object], *, api_key: str | None, where: str) -> Endpoint:
    """One endpoint from what an entry of endpoints.yaml says, but held elsewhere, such as in an Airflow connection.

    Args:
        settings: by their names in endpoints.yaml; empty ones count as left out.
        where: leads the message of an error.

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
                f"{where}.conn_id", config.conn_id, "is an Airflow connection, known only in a DAG; use api_key_env in a shell"
            )
        fields = resolve_connection(config.conn_id)
        base_url, api_key = base_url or fields.base_url, fields.api_key
        if not base_url:
            raise ConfigError(f"{where}.base_url", None, f"must be given, or be the host of connection {config.conn_id!r}")
    if config.api_key_env is not None:
        api_key = read_secret(config.api_key_env, environ)
        if api_key is None:
            raise ConfigError(
                f"{where}.api_key_env", config.api_key_env, "is not set in the environment; export it with the key"
            )
    assert base_url is not None  # the model's own check, and the one above
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
        options=options,
    )


def _price(config: EndpointConfig, models: Mapping[str, KnownModel]) -> Price | None:
    if config.price is not None:
        return Price(**config.price.model_dump())
    known = known_model(models, config.model)
    return None if known is None else Price(known.input_per_million, known.output_per_million)
