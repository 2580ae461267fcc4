"""The settings of an endpoint as they apply, with its model's price, the default concurrency, and whether its key is set."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from semtel_ops.configuration.origin import Origin, Setting, Written, settings_of
from semtel_ops.endpoints.catalog import EndpointConfig, KnownModel, known_model, known_name
from semtel_ops.settings import PipelineConfig
from semtel_ops.settings.environment import read_secret


class OfModels:
    """What models.yaml says of the models of endpoints, for what an endpoint does not say itself."""

    def __init__(self, models: Mapping[str, KnownModel], written: Written) -> None:
        self._models = models
        self._written = written

    def knows(self, endpoint: EndpointConfig) -> bool:
        """Whether the price of an endpoint is known, from either file."""
        known = known_model(self._models, endpoint.model)
        return endpoint.price is not None or (known is not None and known.price is not None)

    def prices(self, endpoint: EndpointConfig, name: str) -> Iterator[Setting]:
        """The settings below `name` that an endpoint without a price gets; a single «unknown» if its model has none."""
        model = known_name(self._models, endpoint.model)
        if model is None or self._models[model].price is None:
            yield Setting(name, "unknown")
            return
        for part in ("input_per_million", "output_per_million", "batch_discount", "flex_discount"):
            yield Setting(f"{name}.{part}", getattr(self._models[model], part), self._written.origin(("models", model, part)))

    def effort(self, endpoint: EndpointConfig, setting: Setting) -> Setting:
        """The setting of the reasoning effort, with that of the model if the endpoint has none."""
        model = known_name(self._models, endpoint.model)
        if setting.value is not None or model is None or (effort := self._models[model].reasoning_effort) is None:
            return setting
        return Setting(setting.name, effort.value, self._written.origin(("models", model, "reasoning_effort")))


def endpoint_settings(
    at: int, endpoint: EndpointConfig, written: Written, models: OfModels, environ: Mapping[str, str] | None
) -> list[Setting]:
    """All settings of an entry of endpoints.yaml; `at`: its index."""
    settings: list[Setting] = []
    for setting in settings_of(endpoint, written, ("endpoints", at)):
        if setting.name.endswith(".price"):
            settings += models.prices(endpoint, setting.name)
        else:
            settings.append(models.effort(endpoint, setting) if setting.name.endswith(".reasoning_effort") else setting)
    return [*settings, _key(at, endpoint, environ)]


def with_shared_ceiling(settings: list[Setting], pipeline: PipelineConfig, written: Written) -> list[Setting]:
    """The settings, with `realtime.max_concurrency` of pipeline.yaml if the endpoint has no `limits.max_concurrency`."""
    origin = written.origin(("realtime", "max_concurrency"))
    return [
        replace(setting, value=pipeline.realtime.max_concurrency, origin=origin)
        if setting.name.endswith(".limits.max_concurrency") and setting.value is None
        else setting
        for setting in settings
    ]


def _key(at: int, endpoint: EndpointConfig, environ: Mapping[str, str] | None) -> Setting:
    """Where the API key comes from and whether it is set; never the key itself."""
    name = f"endpoints.{at}.(API key)"
    if not endpoint.options.needs_key:
        return Setting(name, "not needed: the identity of this machine")
    if endpoint.api_key_env is not None:
        present = read_secret(endpoint.api_key_env, environ) is not None
        return Setting(name, "set" if present else "not set", Origin(variable=endpoint.api_key_env))
    if endpoint.conn_id is not None:
        return Setting(name, f"in the Airflow connection {endpoint.conn_id}")
    return Setting(name, "none")
