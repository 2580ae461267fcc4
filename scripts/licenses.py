"""Writes the licences of what is distributed as a Markdown table, from an SBOM of CycloneDX, and refuses strong copyleft.

    python scripts/licenses.py sbom.json licenses.md

Exits with 1 and names the packages if one may be used only under a licence that would extend to the whole distribution, or if
its licence is unknown: then read it, and add it to REVIEWED.
"""

import json
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

REVIEWED = {
    "pagerduty": "MIT",
    "protobuf": "BSD-3-Clause",
    "text-unidecode": "Artistic-1.0 OR GPL-2.0-or-later",
    "tiktoken": "MIT",
}
"""Licences that a person read in the package or its repository: its metadata has none, or does not name the choice."""

STRONG = re.compile(r"\bA?GPL|\bAffero\b|\bGeneral Public License|\bSSPL\b|\bBUSL\b", re.IGNORECASE)
"""Of licences that extend to what they are distributed with. LGPL and MPL do not: their packages are installed as they are."""
_WEAK = re.compile(r"\bLGPL|Lesser General Public License", re.IGNORECASE)
_CLASSIFIER = re.compile("^License :: (OSI Approved :: )?")


def licenses_of(component: Mapping[str, Any]) -> list[str]:
    """The licences that a component names, or those that a person has read."""
    if component["name"].lower() in REVIEWED:
        return [REVIEWED[component["name"].lower()]]
    named = component.get("licenses", ())
    found = [entry.get("expression") or entry["license"].get("id") or entry["license"].get("name", "") for entry in named]
    return list(dict.fromkeys(_CLASSIFIER.sub("", text) for text in found if text))


def problem_of(licenses: list[str]) -> str | None:
    """Why a package with these licences must not be distributed; None if it may be."""
    if not licenses:
        return "its licence is unknown"
    for text in licenses:
        choices = re.split(r"\s+OR\s+", text.strip("() "))
        if all(STRONG.search(_WEAK.sub("", choice)) for choice in choices):
            return f"{text} extends to what it is distributed with"
    return None


def main(sbom: Path, table: Path) -> int:
    components = sorted(json.loads(sbom.read_text(encoding="utf-8"))["components"], key=lambda one: one["name"].lower())
    lines = ["| package | version | licence |", "|---|---|---|"]
    problems = []
    for component in components:
        licenses = licenses_of(component)
        shown = "; ".join(licenses).replace("|", "\\|").replace("\n", " ")[:200]
        lines.append(f"| {component['name']} | {component['version']} | {shown} |")
        if (problem := problem_of(licenses)) is not None:
            problems.append(f"{component['name']} {component['version']}: {problem}")
    table.write_text("\n".join(lines) + "\n", encoding="utf-8")
    print(f"{len(components)} packages, {len(problems)} that must not be distributed", *problems, sep="\n")
    return 1 if problems or not components else 0


if __name__ == "__main__":
    sys.exit(main(*map(Path, sys.argv[1:3])))
