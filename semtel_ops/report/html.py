"""HTML from templates. Every value is escaped, and a name that the caller did not pass is an error."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jinja2 import Environment


def html_templates(package: str) -> "Environment":
    """The templates in a package's folder `templates`. Loading a template reads its file once."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    return Environment(
        loader=PackageLoader(package), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
