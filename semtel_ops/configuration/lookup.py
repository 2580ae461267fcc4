"""Looks up a setting of pipeline.yaml: its value, origin and documentation."""

import difflib
import re
from dataclasses import replace
from typing import Any

from semtel_ops.configuration.explain import Request, explain
from semtel_ops.configuration.files import config_file
from semtel_ops.configuration.reference import Description, describe
from semtel_ops.errors import ConfigError


def look_up(name: str, config: str | None = None) -> list[dict[str, Any]]:
    """A setting, or the settings of a section, in the order of the file.

    Args:
        name: of a setting or section, such as `tokens.truncation` or `tokens`.
        config: path of pipeline.yaml; None: that of the environment.

    Raises:
        ConfigError: there is no such setting (the message suggests the most similar name), or pipeline.yaml is wrong.
    """
    explanation = explain(Request(config=config))
    pipeline = next((section for section in explanation.sections if section.title == "pipeline"), None)
    if pipeline is None:
        raise ConfigError(name, None, f"cannot be shown before this is corrected: {explanation.errors[0]}")
    described = {row.name: row for row in describe(config_file("pipeline"))}
    matches = [setting for setting in pipeline.settings if setting.name == name or setting.name.startswith(f"{name}.")]
    matches = [setting for setting in matches if _documented(described, setting.name) is not None]
    if not matches:
        close = difflib.get_close_matches(name, [setting.name for setting in pipeline.settings], n=1)
        hint = f"; did you mean {close[0]}?" if close else "; `semtel config check` lists all settings"
        raise ConfigError("NAME", name, f"is not a setting of pipeline.yaml{hint}")
    shown = []
    for setting in matches:
        row = _documented(described, setting.name)
        assert row is not None  # undocumented settings are left out above
        shown.append(
            {
                "setting": setting.name,
                "value": setting.value,
                "from": str(setting.origin),
                "default": row.default,
                "values": row.values,
                "description": row.text,
                "choices": dict(row.choices),
            }
        )
    return shown


def _documented(described: dict[str, Description], name: str) -> Description | None:
    """The documentation of a setting; entries of a list, and sections of one shape, have the same documentation."""
    name = re.sub(r"\.\d+", "[]", name)
    section, _, last = name.rpartition(".")
    shape = re.fullmatch("as `(.+)`", described[section].values) if section in described else None
    if shape is None:
        return described.get(name)
    row = described[f"{shape[1]}.{last}"]
    return replace(row, name=name, text=f"{described[section].text} {row.text}")
