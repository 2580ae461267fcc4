"""YAML in, checked model out; whatever is wrong becomes one line that names field, value and fix."""

import difflib
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from semtel_ops.errors import ConfigError

ModelT = TypeVar("ModelT", bound=BaseModel)


def load_yaml(path: str | Path, model: type[ModelT]) -> ModelT:
    """Read a YAML file into `model`.

    Raises:
        ConfigError: the file is missing, is not YAML, or does not fit; the line starts with the file's name.
    """
    place = Path(path)
    try:
        text = place.read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigError(str(place), error.strerror or "cannot be read", "is not a readable file") from None
    except UnicodeDecodeError:
        raise ConfigError(str(place), "not UTF-8", "must be a UTF-8 text file") from None
    try:
        data = yaml.safe_load(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f"line {mark.line + 1}" if mark else "unreadable"
        raise ConfigError(str(place), line, f"is not valid YAML: {getattr(error, 'problem', error)}") from None
    return parse_config({} if data is None else data, model, where=str(place))


def parse_config(data: Any, model: type[ModelT], *, where: str) -> ModelT:
    """Check plain data against `model`; `where` (a file, a form) leads the error's field."""
    if not isinstance(data, dict):
        raise ConfigError(where, data, "must be a mapping of settings")
    try:
        return model.model_validate(data)
    except ValidationError as error:
        raise _as_config_error(error, model, where) from None


def _as_config_error(error: ValidationError, model: type[BaseModel], where: str) -> ConfigError:
    """The first problem, as a person would say it; further ones are counted."""
    problems = error.errors(include_url=False)
    first = problems[0]
    field = ".".join(str(part) for part in first["loc"]) or "(file)"
    value = first.get("input")
    if first["type"] == "extra_forbidden":
        known = sorted(_fields_at(model, first["loc"][:-1]))
        close = difflib.get_close_matches(str(first["loc"][-1]), known, n=1)
        hint = f"; did you mean {close[0]}?" if close else f"; known: {', '.join(known)}" if known else ""
        fix = f"is not a setting{hint}"
    elif first["type"] == "missing":
        fix, value = "must be given", None
    else:
        # pydantic writes "Value error, …" before messages raised by our own validators.
        fix = "— " + first["msg"].removeprefix("Value error, ")
    if len(problems) > 1:
        fix += f" (and {len(problems) - 1} more)"
    return ConfigError(f"{where}: {field}", value, fix)


def _fields_at(model: type[BaseModel], location: tuple[int | str, ...]) -> set[str]:
    """Names known at a place inside nested models; empty where the path leaves models."""
    current: Any = model
    for part in location:
        if isinstance(part, int):
            continue
        info = current.model_fields.get(part) if hasattr(current, "model_fields") else None
        if info is None:
            return set()
        current = _model_in(info.annotation)
        if current is None:
            return set()
    if not hasattr(current, "model_fields"):
        return set()
    # What stands there may be one of several kinds, each a model of its own with the common settings and more.
    return set().union(*(model.model_fields for model in (current, *current.__subclasses__())))


def _model_in(annotation: Any) -> Any:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for argument in getattr(annotation, "__args__", ()):
        found = _model_in(argument)
        if found is not None:
            return found
    return None
