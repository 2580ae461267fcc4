"""Explains a configuration: every setting that applies, its origin, and what is wrong with it."""

import copy
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel

from semtel_ops.classifiers import load_classifier
from semtel_ops.clock import SystemClock
from semtel_ops.concealed import without_secrets
from semtel_ops.configuration.contradictions import Facts, Finding, contradictions
from semtel_ops.configuration.endpoint_settings import OfModels, endpoint_settings, with_shared_ceiling
from semtel_ops.configuration.files import ConfigFile, SharedPromptMetadata, kind_of
from semtel_ops.configuration.model_age import outdated, retiring
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
    """Which configuration to explain.

    Attributes:
        files: explain only these files, of any kinds; empty: the configuration that a run would use.
        config, endpoints, prompts: options that take precedence over the environment.
        assignments: `NAME=VALUE`, which take precedence over pipeline.yaml.
        environ: environment variables; None: those of this process.
        today: with which dates are compared; None: the date of the system, in UTC.
    """

    files: Sequence[str] = ()
    config: str | None = None
    endpoints: str | None = None
    prompts: str | None = None
    assignments: Sequence[str] = ()
    environ: Mapping[str, str] | None = None
    today: date | None = None


@dataclass(frozen=True, slots=True)
class Section:
    """The settings of the environment, of a file, or of an endpoint."""

    title: str
    settings: tuple[Setting, ...]
    file: str | None = None


@dataclass(frozen=True, slots=True)
class Warned:
    """A finding that does not stop a run, with the origin of its setting."""

    setting: str
    message: str
    origin: Origin

    def __str__(self) -> str:
        place = "" if self.origin.is_default else f"{self.origin}: "
        return without_secrets(f"{place}{self.setting} {self.message}")


@dataclass(slots=True)
class Explanation:
    """The settings that apply, with errors and warnings. Without errors, a run with this configuration can start."""

    sections: list[Section] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    warnings: list[Warned] = field(default_factory=list)

    @property
    def settings(self) -> Iterator[Setting]:
        """The settings of all sections."""
        return (setting for section in self.sections for setting in section.settings)

    def as_json(self) -> dict[str, Any]:
        """The explanation as `semtel config check --json` prints it."""
        return {
            "valid": not self.errors,
            "errors": self.errors,
            "warnings": [
                {"setting": warning.setting, "message": warning.message, "from": str(warning.origin)}
                for warning in self.warnings
            ],
            "sections": [
                {
                    "title": section.title,
                    "file": section.file,
                    "settings": [
                        {"setting": setting.name, "value": setting.value, "from": str(setting.origin)}
                        for setting in section.settings
                    ],
                }
                for section in self.sections
            ],
        }


def explain(request: Request) -> Explanation:
    """Explain a configuration. Sends and writes nothing.

    Raises:
        ConfigError: an environment variable or an option is wrong, or a file is not recognized. Errors in files are part of the
            explanation.
    """
    return _Explainer(request).explain()


class _Explainer:
    """Reads the files of a request and collects the explanation."""

    def __init__(self, request: Request) -> None:
        self._request = request
        self._today = request.today or datetime.fromtimestamp(SystemClock().now(), UTC).date()
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
            has_pipeline = bool(self._settings.pipeline) or pipeline.exists()
            self._run(_short(pipeline) if has_pipeline else None, _short(self._settings.endpoints_path), pipeline=True)
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
        """Explain a single pipeline.yaml and endpoints.yaml together, and several of a kind each alone."""
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
        endpoints_written, unpriced = Written(), frozenset[str]()
        if endpoints_path is not None:
            file, endpoints_written = self._read(endpoints_path, EndpointsFile)
            if file is not None:
                endpoints = file.endpoints
                unpriced = self._endpoints(endpoints, endpoints_written, config, written)
        if pipeline and config is not None:
            self._classifiers(config, written)
        names = frozenset(_written(written) | _written(endpoints_written))
        facts = Facts(config or PipelineConfig(), names, endpoints, unpriced)
        self._conclude(facts, written, endpoints_written, pipeline=pipeline and config is not None)

    def _environment_settings(self) -> Iterator[Setting]:
        options = {"pipeline": (self._request.config, "--config"), "endpoints": (self._request.endpoints, "--endpoints")}
        paths = {
            "include": _short(Path(self._settings.include)),
            "pipeline": _short(self._settings.pipeline_path),
            "endpoints": _short(self._settings.endpoints_path),
        }
        for name, variable in VARIABLES.items():
            value = paths.get(name, plain(getattr(self._settings, name)))
            value_of_option, option = options.get(name, (None, None))
            given = name in self._environment.model_fields_set
            origin = Origin(option=option) if value_of_option else Origin(variable=variable) if given else DEFAULT
            yield Setting(name, value, origin)
        yield Setting("prompts", _short(self._prompts), Origin(option="--prompts") if self._request.prompts else DEFAULT)

    def _read(self, path: str, model: type[ModelT]) -> tuple[ModelT | None, Written]:
        """Read a file; the model is None if the file has errors. Keys that occur twice become warnings."""
        try:
            file = read_yaml(path)
        except ConfigError as error:
            self._done.errors.append(str(error))
            return None, Written(path)
        written = Written(path, file)
        for key in file.repeated:
            message = f"is given twice, first on line {key.first_line}; the later value applies"
            self._done.warnings.append(Warned(without_secrets(dotted(key.place)), message, Origin(path, key.line)))
        checked = check_yaml(file, model, where=path)
        if isinstance(checked, list):
            self._done.errors.extend(map(str, checked))
            return None, written
        return checked, written

    def _file(self, file: ConfigFile, path: str) -> None:
        config, written = self._read(path, file.model)
        if config is not None:
            self._done.sections.append(Section(file.kind, tuple(settings_of(config, written)), path))
        if isinstance(config, ModelsFile):
            for finding in outdated(config, self._today):
                origin = written.nearest(_place(finding.setting))
                self._done.warnings.append(Warned(finding.setting, finding.message, origin))

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
        """Explain each endpoint; returns the names of endpoints whose price is unknown."""
        path = _short(Path(self._settings.include) / "config" / "models.yaml")
        models, lines = self._read(path, ModelsFile)
        known = OfModels(models.models if models else {}, lines)
        if models is not None:
            self._findings += [(finding, written) for finding in retiring(endpoints, models, self._today)]
            self._findings += [(finding, lines) for finding in outdated(models, self._today)]
        unpriced = set()
        for at, endpoint in enumerate(endpoints):
            if not known.knows(endpoint):
                unpriced.add(endpoint.name)
            settings = endpoint_settings(at, endpoint, written, known, self._request.environ)
            if pipeline is not None:
                settings = with_shared_ceiling(settings, pipeline, of_pipeline)
            self._done.sections.append(Section(f"endpoint {endpoint.name}", tuple(settings), written.path))
            self._findings += [(finding, written) for finding in missing_for_endpoint(at, endpoint, self._request.environ)]
        return frozenset(unpriced)

    def _classifiers(self, config: PipelineConfig, written: Written) -> None:
        settings = []
        origin = written.origin(("classifiers",))
        for name in dict.fromkeys(config.classifiers):
            try:
                path = find_prompt(self._prompts, name)
                settings.append(_classifier(path))
            except ConfigError as error:
                # The error of a broken prompt file has its own file and line; that of a missing file gets those of the list.
                has_origin = isinstance(error, PromptFileError) or origin.is_default
                message = str(error) if has_origin else f"{origin}: {error}"
                if message not in self._done.errors:  # a missing folder is the same error for all classifiers
                    self._done.errors.append(message)
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

    def _conclude(self, facts: Facts, written: Written, endpoints_written: Written, *, pipeline: bool) -> None:
        """Add the findings about all settings together, as errors and warnings."""
        findings: list[tuple[Finding, Written]] = []
        for finding in contradictions(facts):
            of_endpoints = finding.setting.startswith("endpoints")
            if pipeline or of_endpoints:
                findings.append((finding, endpoints_written if of_endpoints else written))
        if pipeline:
            findings += [(finding, written) for finding in _types(facts.pipeline)]
            missing = missing_for_pipeline(facts.pipeline, Path(self._settings.include), self._request.environ)
            findings += [(finding, written) for finding in missing]
        for finding, source in [*findings, *self._findings]:
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
    """A path for people: relative if it is in the working directory."""
    return str(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path)


def _types(config: PipelineConfig) -> Iterator[Finding]:
    """Check `scrub.types` with the engine `rules`, which knows all types and needs no package."""
    try:
        make_scrubber(config.scrub.model_copy(update={"engine": "rules"}))
    except ConfigError as error:
        yield Finding("scrub.types", f"has {error.value!r}, which {error.fix}", stops=True)


def _written(written: Written) -> set[str]:
    """Names of all settings that are given in a file or by options."""
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
