"""HTML from templates. Every value is escaped, and a missing variable raises an error."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jinja2 import Environment


def html_templates(package: str) -> "Environment":
    """Jinja environment for the `templates` folder of a package; each file is read once."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    return Environment(
        loader=PackageLoader(package), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
