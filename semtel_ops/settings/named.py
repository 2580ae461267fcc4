"""Settings whose value is a name in a registry."""

from dataclasses import dataclass
from typing import Any

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, core_schema

from semtel_ops.extensions import Registry


@dataclass(frozen=True, slots=True)
class NameIn:
    """Annotates `str`: a name that the registry knows, and in the JSON schema an enum of all its names and what they mean."""

    registry: Registry

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_after_validator_function(self.registry.checked, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        names = self.registry.names()
        return {**handler(schema), "enum": list(names), "enumDescriptions": list(map(self.registry.describe, names))}
