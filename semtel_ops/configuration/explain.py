"""A configuration in full: every setting that applies, where it comes from, and what is wrong with it."""

import copy
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel

from semtel_ops.classifiers import load_classifier
from semtel_ops.configuration.contradictions import Facts, Finding, contradictions
from semtel_ops.configuration.endpoint_settings import Prices, endpoint_settings, with_shared_ceiling
from semtel_ops.configuration.files import ConfigFile, SharedPromptMetadata, kind_of
from semtel_ops.configuration.origin import DEFAULT, Origin, Setting, Written, dotted, plain, settings_of
from semtel_ops.configuration.surroundings import missing_for_endpoint, missing_for_pipeline
from semtel_ops.conversations.scrub import make_scrubber
from semtel_ops.endpoints.catalog import EndpointConfig, EndpointsFile, ModelsFile
from semtel_ops.errors import ConfigError, PromptFileError
from semtel_ops.prompts import find_prompt, load_prompty
from semtel_ops.settings import PipelineConfig, Settings, parse_config
from semtel_ops.settings.environment import VARIABLES, read_secret
from semtel_ops.settings.load import check_yaml
from semtel_ops.settings.marked_yaml import Place, read_yaml

ModelT = TypeVar("ModelT", bound=BaseModel)

SET = "--set"


@dataclass(frozen=True, slots=True)
class Request:
    """What is to be explained.

    Attributes:
        files: only these, each of its own kind; empty: the configuration that a run would use.
        config, endpoints, prompts: options that take precedence over the environment.
        assignments: `NAME=VALUE`, laid over pipeline.yaml.
        environ: the environment; None: that of this process.
    """

    files: Sequence[str] = ()
    config: str | None = None
    endpoints: str | None = None
    prompts: str | None = None
    assignments: Sequence[str] = ()
    environ: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Section:
    """Settings that belong together: those of the environment, of a file, or of an endpoint."""

    title: str
    settings: tuple[Setting, ...]
    file: str | None = None


@dataclass(frozen=True, slots=True)
class Warned:
    """A finding that stops nothing, and where its setting was written."""

    setting: str
    message: str
    origin: Origin

    def __str__(self) -> str:
        place = "" if self.origin.is_default else f"{self.origin}: "
        return f"{place}{self.setting} {self.message}"


@dataclass(slots=True)
class Explanation:
    """What applies, and what is wrong. Without errors, a run with this configuration starts."""

    sections: list[Section] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    warnings: list[Warned] = field(default_factory=list)

    @property
    def settings(self) -> Iterator[Setting]:
        return (setting for section in self.sections for setting in section.settings)

    def as_json(self) -> dict[str, Any]:
        return {
            "valid": not self.errors,
            "errors": self.errors,
            "warnings": [{"setting": one.setting, "message": one.message, "from": str(one.origin)} for one in self.warnings],
            "sections": [
                {
                    "title": section.title,
                    "file": section.file,
                    "settings": [
                        {"setting": one.name, "value": one.value, "from": str(one.origin)} for one in section.settings
                    ],
                }
                for section in self.sections
            ],
        }


def explain(request: Request) -> Explanation:
    """Explain a configuration. Nothing is sent, and nothing is written.

    Raises:
        ConfigError: a variable of the environment or an option is wrong, or a file is not recognised. What is wrong in
            files is part of the explanation.
    """
    return _Explainer(request).explain()


class _Explainer:
    """Goes through the files of one request and collects what it sees."""

    def __init__(self, request: Request) -> None:
        self._request = request
        self._environment = Settings.from_env(request.environ)
        self._settings = self._environment.model_copy(
            update={
                "pipeline": request.config or self._environment.pipeline,
                "endpoints": request.endpoints or self._environment.endpoints,
            }
        )
        self._prompts = Path(_short(Path(request.prompts) if request.prompts else self._settings.prompts))
        self._done = Explanation()
        self._findings: list[tuple[Finding, Written]] = []

    def explain(self) -> Explanation:
        if not self._request.files:
            self._done.sections.append(Section("environment", tuple(self._environment_settings())))
            pipeline = self._settings.pipeline_path
            named = bool(self._settings.pipeline) or pipeline.exists()
            self._run(_short(pipeline) if named else None, _short(self._settings.endpoints_path), pipeline=True)
            return self._done
        kinds: dict[str, list[str]] = {}
        for path in self._request.files:
            file = kind_of(path)
            kinds.setdefault(file.kind, []).append(path)
            if file.kind not in {"pipeline", "endpoints", "prompt"}:
                self._file(file, path)
        self._prompt_files(kinds.get("prompt", []))
        self._runs(kinds.get("pipeline", []), kinds.get("endpoints", []))
        return self._done

    def _runs(self, pipelines: Sequence[str], endpoints: Sequence[str]) -> None:
        """One file of each kind belongs together; of several, each is looked at by itself."""
        if len(pipelines) == len(endpoints) == 1:
            self._run(pipelines[0], endpoints[0], pipeline=True)
            return
        for path in pipelines:
            self._run(path, None, pipeline=True)
        for path in endpoints:
            self._run(None, path, pipeline=False)

    def _run(self, pipeline_path: str | None, endpoints_path: str | None, *, pipeline: bool) -> None:
        config, written = self._pipeline(pipeline_path) if pipeline else (PipelineConfig(), Written())
        endpoints: tuple[EndpointConfig, ...] | None = None
        answering, unpriced = Written(), frozenset[str]()
        if endpoints_path is not None:
            file, answering = self._read(endpoints_path, EndpointsFile)
            if file is not None:
                endpoints = file.endpoints
                unpriced = self._endpoints(endpoints, answering, config, written)
        if pipeline and config is not None:
            self._classifiers(config, written)
        names = frozenset(_written(written) | _written(answering))
        facts = Facts(config or PipelineConfig(), names, endpoints, unpriced)
        self._conclude(facts, written, answering, pipeline=pipeline and config is not None)

    def _environment_settings(self) -> Iterator[Setting]:
        options = {"pipeline": (self._request.config, "--config"), "endpoints": (self._request.endpoints, "--endpoints")}
        paths = {
            "include": _short(Path(self._settings.include)),
            "pipeline": _short(self._settings.pipeline_path),
            "endpoints": _short(self._settings.endpoints_path),
        }
        for name, variable in VARIABLES.items():
            value = paths.get(name, plain(getattr(self._settings, name)))
            option, spelled = options.get(name, (None, None))
            given = name in self._environment.model_fields_set
            origin = Origin(option=spelled) if option else Origin(variable=variable) if given else DEFAULT
            yield Setting(name, value, origin)
        yield Setting("prompts", _short(self._prompts), Origin(option="--prompts") if self._request.prompts else DEFAULT)

    def _read(self, path: str, model: type[ModelT]) -> tuple[ModelT | None, Written]:
        """A file as its model, or None where it is wrong; keys given twice are findings."""
        try:
            file = read_yaml(path)
        except ConfigError as error:
            self._done.errors.append(str(error))
            return None, Written(path)
        written = Written(path, file)
        for key in file.repeated:
            message = f"is given twice, first on line {key.first_line}; the later value applies"
            self._done.warnings.append(Warned(dotted(key.place), message, Origin(path, key.line)))
        checked = check_yaml(file, model, where=path)
        if isinstance(checked, list):
            self._done.errors.extend(map(str, checked))
            return None, written
        return checked, written

    def _file(self, file: ConfigFile, path: str) -> None:
        config, written = self._read(path, file.model)
        if config is not None:
            self._done.sections.append(Section(file.kind, tuple(settings_of(config, written)), path))

    def _pipeline(self, path: str | None) -> tuple[PipelineConfig | None, Written]:
        config, written = (PipelineConfig(), Written()) if path is None else self._read(path, PipelineConfig)
        if config is None:
            return None, written
        if self._request.assignments:
            given = dict(map(_assignment, self._request.assignments))
            data = copy.deepcopy((written.yaml.data if written.yaml else None) or {})
            for place, value in given.items():
                _put(data, place, value)
            config = parse_config(data, PipelineConfig, where=SET)
            written = replace(written, options=dict.fromkeys(given, SET))
        settings = [*settings_of(config, written), *_channel_secrets(config, self._request.environ)]
        self._done.sections.append(Section("pipeline", tuple(settings), path))
        return config, written

    def _endpoints(
        self,
        endpoints: Sequence[EndpointConfig],
        written: Written,
        pipeline: PipelineConfig | None,
        of_pipeline: Written,
    ) -> frozenset[str]:
        """Explain each endpoint; the names of those whose price is unknown."""
        path = _short(Path(self._settings.include) / "config" / "models.yaml")
        models, lines = self._read(path, ModelsFile)
        prices = Prices(models.models if models else {}, lines)
        unpriced = set()
        for at, endpoint in enumerate(endpoints):
            if not prices.knows(endpoint):
                unpriced.add(endpoint.name)
            settings = endpoint_settings(at, endpoint, written, prices, self._request.environ)
            if pipeline is not None:
                settings = with_shared_ceiling(settings, pipeline, of_pipeline)
            self._done.sections.append(Section(f"endpoint {endpoint.name}", tuple(settings), written.path))
            self._findings += [(found, written) for found in missing_for_endpoint(at, endpoint, self._request.environ)]
        return frozenset(unpriced)

    def _classifiers(self, config: PipelineConfig, written: Written) -> None:
        settings = []
        origin = written.origin(("classifiers",))
        for name in dict.fromkeys(config.classifiers):
            try:
                path = find_prompt(self._prompts, name)
                settings.append(_classifier(path))
            except ConfigError as error:
                # A broken prompt file names its own line; that there is none is a matter of the list.
                named = isinstance(error, PromptFileError) or origin.is_default
                said = str(error) if named else f"{origin}: {error}"
                if said not in self._done.errors:  # a folder that is not there is the same for all
                    self._done.errors.append(said)
        self._done.sections.append(Section("classifiers", tuple(settings), str(self._prompts)))

    def _prompt_files(self, paths: Sequence[str]) -> None:
        settings = []
        for path in paths:
            try:
                settings.append(_classifier(Path(path)))
            except ConfigError as error:
                self._done.errors.append(str(error))
        if settings:
            self._done.sections.append(Section("prompts", tuple(settings)))

    def _conclude(self, facts: Facts, written: Written, answering: Written, *, pipeline: bool) -> None:
        """Add what the settings together come to."""
        found: list[tuple[Finding, Written]] = []
        for finding in contradictions(facts):
            of_endpoints = finding.setting.startswith("endpoints")
            if pipeline or of_endpoints:
                found.append((finding, answering if of_endpoints else written))
        if pipeline:
            found += [(finding, written) for finding in _types(facts.pipeline)]
            missing = missing_for_pipeline(facts.pipeline, Path(self._settings.include), self._request.environ)
            found += [(finding, written) for finding in missing]
        for finding, source in [*found, *self._findings]:
            warned = Warned(finding.setting, finding.message, source.nearest(_place(finding.setting)))
            if finding.stops:
                self._done.errors.append(str(warned))
            else:
                self._done.warnings.append(warned)
        self._findings.clear()


def _classifier(path: Path) -> Setting:
    if path.name.startswith("_"):
        prompt = load_prompty(path)
        metadata = parse_config(prompt.header.metadata, SharedPromptMetadata, where=f"{path}: metadata")
        return Setting(path.stem, {"version": metadata.version, "shared": True}, Origin(str(path)))
    spec = load_classifier(path)
    return Setting(spec.id, {"version": spec.version, "kind": spec.kind.value, "labels": len(spec.labels)}, Origin(str(path)))


def _channel_secrets(config: PipelineConfig, environ: Mapping[str, str] | None) -> Iterator[Setting]:
    for at, channel in enumerate(config.alerts.channels):
        name = f"alerts.channels.{at}.(address)"
        if channel.url_env is not None:
            present = read_secret(channel.url_env, environ) is not None
            yield Setting(name, "set" if present else "not set", Origin(variable=channel.url_env))
        else:
            yield Setting(name, f"in the Airflow connection {channel.conn_id}")


def _short(path: Path) -> str:
    """A path as people read it: relative where it is within the working directory."""
    return str(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path)


def _types(config: PipelineConfig) -> Iterator[Finding]:
    """Types of personal data are known to the engines, so an engine is asked; the rules need no package."""
    try:
        make_scrubber(config.scrub.model_copy(update={"engine": "rules"}))
    except ConfigError as error:
        yield Finding("scrub.types", f"has {error.value!r}, which {error.fix}", stops=True)


def _written(written: Written) -> set[str]:
    """Names of all settings that a file and options over it give."""
    given = {dotted(place) for place in written.options or {}}
    return given | {dotted(place) for place in (written.yaml.lines if written.yaml else ())}


def _place(name: str) -> Place:
    return tuple(int(part) if part.isdigit() else part for part in name.split("."))


def _assignment(text: str) -> tuple[Place, Any]:
    name, equals, value = text.partition("=")
    if not equals or not name:
        raise ConfigError(SET, text, "must be NAME=VALUE, such as strategy.pack=5")
    try:
        return tuple(name.strip().split(".")), yaml.safe_load(value)
    except yaml.YAMLError:
        raise ConfigError(SET, text, "has a value that is not YAML") from None


def _put(data: dict[str, Any], place: Place, value: Any) -> None:
    *parents, last = place
    for key in parents:
        inner = data.get(str(key))
        if not isinstance(inner, dict):
            inner = data[str(key)] = {}
        data = inner
    data[str(last)] = value
