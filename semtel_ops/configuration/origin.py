"""The settings of a configuration with their values and origins."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import Enum
from typing import Any

from pydantic import BaseModel, SecretStr

from semtel_ops.concealed import without_secrets
from semtel_ops.settings.marked_yaml import MarkedYaml, Place


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a value comes from: a file, an environment variable, an option, or (all None) the default."""

    file: str | None = None
    line: int | None = None
    variable: str | None = None
    option: str | None = None

    def __str__(self) -> str:
        if self.file is not None:
            return self.file if self.line is None else f"{self.file}:{self.line}"
        return self.variable or self.option or "default"

    @property
    def is_default(self) -> bool:
        return self == DEFAULT


DEFAULT = Origin()


@dataclass(frozen=True, slots=True)
class Setting:
    """A setting as it applies.

    Attributes:
        name: the keys that lead to the setting, separated by dots.
        value: plain data without secrets.
    """

    name: str
    value: Any
    origin: Origin = DEFAULT


@dataclass(frozen=True, slots=True)
class Written:
    """The settings that a person gave, in a file and by options, which take precedence.

    Attributes:
        path: of the file; None if there is no file.
        yaml: content of the file; None if there is none or it cannot be read.
        options: settings given by an option, each with the name of the option.
    """

    path: str | None = None
    yaml: MarkedYaml | None = None
    options: Mapping[Place, str] | None = None

    def origin(self, place: Place) -> Origin:
        """Where a setting was given; DEFAULT if it was not."""
        for given, option in (self.options or {}).items():
            if place[: len(given)] == given:
                return Origin(option=option)
        if self.yaml is not None and _has(self.yaml.data, place):
            return Origin(self.path, self.yaml.line_of(place))
        return DEFAULT

    def nearest(self, place: Place) -> Origin:
        """Where a setting, or else the innermost section around it, was given; DEFAULT if none was."""
        while place and (origin := self.origin(place)).is_default:
            place = place[:-1]
        return origin if place else DEFAULT


def settings_of(config: BaseModel, written: Written, place: Place = ()) -> Iterator[Setting]:
    """All settings of a model; a section is replaced by its settings."""
    for name, field in type(config).model_fields.items():
        yield from _settings(getattr(config, name), written, (*place, field.alias or name))
    for name, value in (config.model_extra or {}).items():
        yield from _settings(value, written, (*place, name))


def _settings(value: Any, written: Written, place: Place) -> Iterator[Setting]:
    if isinstance(value, BaseModel):
        yield from settings_of(value, written, place)
    elif isinstance(value, (tuple, list)) and value and isinstance(value[0], BaseModel):
        for index, item in enumerate(value):
            yield from settings_of(item, written, (*place, index))
    elif isinstance(value, Mapping) and value and all(isinstance(item, BaseModel) for item in value.values()):
        for key, item in value.items():
            yield from _settings(item, written, (*place, str(key)))
    else:
        yield Setting(dotted(place), plain(value), written.origin(place))


def dotted(place: Sequence[str | int]) -> str:
    """A place as the name of a setting."""
    return ".".join(map(str, place))


def plain(value: Any) -> Any:
    """A value as JSON data, without what is or looks like a key or a password."""
    if isinstance(value, SecretStr):
        value = value.get_secret_value()
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, str):
        return without_secrets(value)
    if isinstance(value, BaseModel):
        return plain(value.model_dump(mode="json"))
    if isinstance(value, Mapping):
        return {str(plain(key)): plain(inner) for key, inner in value.items()}
    if isinstance(value, (set, frozenset)):
        return sorted(map(plain, value))
    return [plain(inner) for inner in value] if isinstance(value, (list, tuple)) else value


def _has(data: Any, place: Place) -> bool:
    for key in place:
        if isinstance(data, dict):
            keys = {str(known): inner for known, inner in data.items()}
            if str(key) not in keys:
                return False
            data = keys[str(key)]
        elif isinstance(data, list) and isinstance(key, int) and key < len(data):
            data = data[key]
        else:
            return False
    return True
