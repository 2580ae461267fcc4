"""The kinds of configuration files, with their names and models."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, Field, create_model

from semtel_ops.classifiers.catalog import ClassifierMetadata
from semtel_ops.endpoints.catalog import EndpointsFile, ModelsFile
from semtel_ops.errors import ConfigError
from semtel_ops.experiments import ExperimentConfig
from semtel_ops.prompts.prompty import Header
from semtel_ops.settings import PipelineConfig
from semtel_ops.settings.config_model import ConfigModel
from semtel_ops.settings.marked_yaml import read_yaml
from semtel_ops.simulator import SimulatorConfig


class SharedPromptMetadata(ConfigModel):
    """What is said of a prompt that several classifiers share."""

    version: str = Field(pattern=r"^\d+\.\d+\.\d+$", examples=["1.0.0"])
    """Version of the wording."""


PromptFrontmatter: type[BaseModel] = create_model(
    "PromptFrontmatter",
    __base__=Header,
    __doc__=Header.__doc__,
    metadata=(Annotated[ClassifierMetadata | SharedPromptMetadata, Field()], ...),
)
"""The complete frontmatter: the part that `prompts` reads, and the metadata that `classifiers` reads."""


@dataclass(frozen=True, slots=True)
class ConfigFile:
    """A kind of configuration file.

    Attributes:
        kind: its name in commands and in the name of its schema.
        title: default name of the file, or the ending of names of this kind.
        model: reads and validates the file.
    """

    kind: str
    title: str
    model: type[BaseModel]

    @property
    def schema_name(self) -> str:
        return f"{self.kind}.schema.json"


CONFIG_FILES = (
    ConfigFile("pipeline", "pipeline.yaml", PipelineConfig),
    ConfigFile("endpoints", "endpoints.yaml", EndpointsFile),
    ConfigFile("models", "models.yaml", ModelsFile),
    ConfigFile("experiment", "experiment.yaml", ExperimentConfig),
    ConfigFile("prompt", ".prompty files", PromptFrontmatter),
    ConfigFile("simulator", "simulator.yaml", SimulatorConfig),
)

_BY_KIND = {file.kind: file for file in CONFIG_FILES}
_MODELINE = re.compile(r"^# yaml-language-server: \$schema=\S*?(\w+)\.schema\.json\s*$", re.MULTILINE)


def config_file(kind: str) -> ConfigFile:
    """Look a kind of file up by its name.

    Raises:
        ConfigError: there is no such kind; the message lists them.
    """
    if kind not in _BY_KIND:
        raise ConfigError("kind", kind, f"is not a kind of configuration file; known: {', '.join(_BY_KIND)}")
    return _BY_KIND[kind]


def kind_of(path: str | Path) -> ConfigFile:
    """The kind of a file: by the schema that it refers to, otherwise by its name, otherwise by its keys.

    Raises:
        ConfigError: the file cannot be read, or its kind is not recognized.
    """
    place = Path(path)
    if place.suffix == ".prompty":
        return _BY_KIND["prompt"]
    data = read_yaml(place).data
    modeline = _MODELINE.search(place.read_text(encoding="utf-8-sig"))
    if modeline and modeline[1] in _BY_KIND:
        return _BY_KIND[modeline[1]]
    by_name = [file for file in CONFIG_FILES if place.name.startswith(file.kind)]
    fitting = by_name or [file for file in CONFIG_FILES if isinstance(data, dict) and data and _knows(file, data)]
    if len(fitting) != 1:
        raise ConfigError(
            str(place), place.name, f"is not recognized as a configuration file; begin its name with {', '.join(_BY_KIND)},"
            " or its first line with `# yaml-language-server: $schema=…`",
        )  # fmt: skip
    return fitting[0]


def _knows(file: ConfigFile, keys: Iterable[object]) -> bool:
    return set(map(str, keys)) <= file.model.model_fields.keys()
