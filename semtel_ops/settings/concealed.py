"""Values as they may be shown: without keys, passwords and signed queries."""

import re
from typing import Any

HIDDEN = "…"

_SECRET_NAME = re.compile(r"(^|_)(key|keys|secret|secrets|password|token|credential|credentials|env)$", re.IGNORECASE)
_USER_OF_URL = re.compile(r"(?<=://)[^\s'\"]*@")
_QUERY_OF_URL = re.compile(r"(?<=://)([^\s'\"?]*)\?[^\s'\"]*")


_MOST_LEVELS = 4
"""What is nested deeper is hidden: nobody reads it, and YAML may contain itself."""


def concealed(value: Any, name: str = "", *, level: int = 0) -> Any:
    """The value without what must not be seen: texts whose name is that of a secret, and users and queries in URLs.

    A name that ends in `_env` belongs to a variable's name, which may be shown where it is known to be one; where it was
    refused it may be the secret itself.
    """
    if isinstance(value, (dict, list, tuple)) and level == _MOST_LEVELS:
        return HIDDEN
    if isinstance(value, dict):
        return {key: concealed(inner, str(key), level=level + 1) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [concealed(inner, name, level=level + 1) for inner in value]
    if not isinstance(value, str):
        return value
    return HIDDEN if value and _SECRET_NAME.search(name) else without_credentials(value)


def without_credentials(text: str) -> str:
    """A text whose URLs have no user, no password and no query any more."""
    return _QUERY_OF_URL.sub(rf"\1?{HIDDEN}", _USER_OF_URL.sub(f"{HIDDEN}@", text))
