"""The base of all models of configuration files, and types of settings: unknown keys are errors, quantities have a unit.

A field is documented by the string below it, where editors and documentation tools look for it. `configuration.attribute_docs`
reads these strings when a schema or the reference page is generated, so that importing a model does not parse its source.
"""

import re
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

UNIT = "x-unit"
"""The key of a quantity's unit in a JSON Schema."""


class ConfigModel(BaseModel):
    """Base of models that are read from files: immutable, without unknown keys."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


def unit(name: str) -> Any:
    """An annotation with the unit of a number, for schemas and the reference page."""
    return Field(json_schema_extra={UNIT: name})


Milliseconds = Annotated[float, unit("milliseconds")]
Seconds = Annotated[float, unit("seconds")]
Hours = Annotated[float, unit("hours")]
Days = Annotated[float, unit("days")]
Megabytes = Annotated[float, unit("megabytes of 10^6 bytes")]
Usd = Annotated[float, unit("USD")]
UsdPerMillionTokens = Annotated[float, unit("USD per million tokens")]
Tokens = Annotated[int, unit("tokens")]
TokensPerMinute = Annotated[int, unit("tokens per minute")]
RequestsPerMinute = Annotated[int, unit("requests per minute")]
Conversations = Annotated[int, unit("conversations")]
Share = Annotated[float, Field(ge=0, le=1)]
"""A proportion from 0 to 1."""
PositiveShare = Annotated[float, Field(gt=0, le=1)]
"""A proportion above 0, up to 1."""


_NAME = "^[A-Za-z_][A-Za-z0-9_]*$"
_LONG = 20  # characters, from which digits without an underscore look like a key


def _is_name(text: str) -> str:
    """Check the name of an environment variable. The error never contains the text, which may be a key."""
    looks_like_a_key = len(text) >= _LONG and "_" not in text and any(char.isdigit() for char in text)
    if looks_like_a_key or re.fullmatch(_NAME, text) is None:
        raise ValueError("must be the name of an environment variable, such as OPENAI_API_KEY, and not its value")
    return text


VariableName = Annotated[str, AfterValidator(_is_name), Field(json_schema_extra={"pattern": _NAME})]
"""The name of an environment variable that contains a secret. Errors do not show the given value."""
