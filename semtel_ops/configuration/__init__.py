"""Explains configuration files to people and editors.

Here: the kinds of files, their JSON Schemas, the reference page, and the explanation of settings with their origins. Not here:
the models, each of which is in the package that it configures.
"""

from semtel_ops.configuration.explain import Explanation, Request, Section, explain
from semtel_ops.configuration.files import CONFIG_FILES, ConfigFile, config_file, kind_of
from semtel_ops.configuration.lookup import look_up
from semtel_ops.configuration.reference import reference_page
from semtel_ops.configuration.schema import schema_of, schema_text, write_schemas

__all__ = [
    "CONFIG_FILES",
    "ConfigFile",
    "Explanation",
    "Request",
    "Section",
    "config_file",
    "explain",
    "kind_of",
    "look_up",
    "reference_page",
    "schema_of",
    "schema_text",
    "write_schemas",
]
