"""Reads YAML into models; an error is reported in one line with setting, value and fix."""

import difflib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from semtel_ops.concealed import HIDDEN, concealed
from semtel_ops.errors import ConfigError
from semtel_ops.settings.marked_yaml import MarkedYaml, read_yaml

ModelT = TypeVar("ModelT", bound=BaseModel)


def load_yaml(path: str | Path, model: type[ModelT]) -> ModelT:
    """Read a YAML file into `model`.

    Raises:
        ConfigError: the file is missing, is not YAML, or does not fit the model; the message begins with the file's name and,
            if known, the line.
    """
    return _or_raise(check_yaml(read_yaml(path), model, where=str(path)))


def check_yaml(file: MarkedYaml, model: type[ModelT], *, where: str) -> ModelT | list[ConfigError]:
    """Validate a file that has been read; returns the model or all errors. An empty file counts as an empty mapping."""
    return _checked({} if file.data is None else file.data, model, where, file)


def parse_config(data: Any, model: type[ModelT], *, where: str) -> ModelT:
    """Validate plain data; `where` (a file, a form) begins the name of the setting in an error.

    Raises:
        ConfigError: the data does not fit the model; the message has the first error and the number of others.
    """
    return _or_raise(_checked(data, model, where, None))


def _or_raise(checked: ModelT | list[ConfigError]) -> ModelT:
    if not isinstance(checked, list):
        return checked
    first, *others = checked
    more = f" (and {len(others)} more)" if others else ""
    raise ConfigError(first.field, first.value, first.fix + more)


def _checked(data: Any, model: type[ModelT], where: str, file: MarkedYaml | None) -> ModelT | list[ConfigError]:
    if not isinstance(data, dict):
        return [ConfigError(where, HIDDEN, "must be a mapping of settings")]
    try:
        return model.model_validate(data)
    except ValidationError as error:
        problems = error.errors(include_url=False)
        if file is not None:
            problems.sort(key=lambda problem: file.line_of(problem["loc"]))
        return [_as_config_error(problem, model, where, file) for problem in problems if not _follows(problem, problems)]


def _follows(problem: Any, problems: Sequence[Any]) -> bool:
    """Whether a list is only too short because pydantic dropped an invalid entry, which is reported anyway."""
    place = problem["loc"]
    return problem["type"] == "too_short" and any(
        len(other["loc"]) > len(place) and other["loc"][: len(place)] == place for other in problems
    )


def _as_config_error(problem: Any, model: type[BaseModel], where: str, file: MarkedYaml | None) -> ConfigError:
    place = problem["loc"]
    field = ".".join(str(part) for part in place) or "(file)"
    names = [part for part in place if isinstance(part, str)]
    value = _shown(problem.get("input"), names)
    if problem["type"] == "extra_forbidden":
        known = sorted(_fields_at(model, place[:-1]))
        close = difflib.get_close_matches(str(place[-1]), known, n=1)
        hint = f"; did you mean {close[0]}?" if close else f"; known: {', '.join(known)}" if known else ""
        fix, value = f"is not a setting{hint}", HIDDEN
    elif problem["type"] == "missing":
        fix, value = "must be given", None
    else:
        # pydantic writes "Value error, …" before messages raised by our own validators.
        fix = "— " + problem["msg"].removeprefix("Value error, ")
        if file is not None and isinstance(problem.get("input"), bool):
            fix += "; YAML reads a bare on, off, yes or no as true or false: put it in quotes"
    if file is not None:
        where = f"{where}:{file.line_of(place)}"
    return ConfigError(f"{where}: {field}", value, fix)


def _shown(value: Any, names: Sequence[str]) -> Any:
    """A value that was refused; of a section, or of a list, only what it is: it may hold settings that are none."""
    if isinstance(value, (dict, list, tuple)):
        return f"{HIDDEN} ({'a mapping' if isinstance(value, dict) else 'a list'})"
    return concealed(value, names[-1] if names else "")


def _fields_at(model: type[BaseModel], location: tuple[int | str, ...]) -> set[str]:
    """Names of the settings at a place in nested models; empty if the place is not in a model."""
    current: Any = model
    for part in location:
        if isinstance(part, int):
            continue
        current = _settings_of(current).get(part)
        if current is None:
            return set()
    return set(_settings_of(current))


def _settings_of(model: Any) -> dict[str, Any]:
    """The settings of a model, each with the model of its value, or None.

    Settings of subclasses are included, since an entry may be of one of several kinds, each with its own subclass.
    """
    if not hasattr(model, "model_fields"):
        return {}
    settings: dict[str, Any] = model.extra_settings() if hasattr(model, "extra_settings") else {}
    for kind in (model, *model.__subclasses__()):
        settings |= {name: _model_in(info.annotation) for name, info in kind.model_fields.items()}
    return settings


def _model_in(annotation: Any) -> Any:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for argument in getattr(annotation, "__args__", ()):
        model = _model_in(argument)
        if model is not None:
            return model
    return None
