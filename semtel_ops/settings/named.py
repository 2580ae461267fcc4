"""Settings whose value is a name in a registry."""

from dataclasses import dataclass
from typing import Any

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, core_schema

from semtel_ops.extensions import Registry


@dataclass(frozen=True, slots=True)
class NameIn:
    """Annotates a `str` as a name in a registry; in the JSON schema, an enum of the registry's names with descriptions."""

    registry: Registry

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_after_validator_function(self.registry.checked, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        names = self.registry.names()
        return {**handler(schema), "enum": list(names), "enumDescriptions": list(map(self.registry.describe, names))}
