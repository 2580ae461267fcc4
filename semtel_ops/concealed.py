"""Hides keys, passwords and signed queries in values and texts that are shown. `ConfigError` uses it for every message.

A value is hidden by the name of its setting, or by its own look: people put a key where its name, a URL or a model belongs.
"""

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sqlalchemy.engine import URL

HIDDEN = "…"

_SECRET_NAME = re.compile(r"(^|_)(key|keys|secret|secrets|password|token|credential|credentials|env)$", re.IGNORECASE)
# Runs of letters and digits, both, as no word has; after the beginnings that providers give their keys, also shorter ones.
_KEY = re.compile(
    r"(?:(?<![A-Za-z0-9])(?:sk|pk|rk|gh[opsu]|github_pat|xox[abeoprs]|glpat|hf|gsk|r8|AIza|ya29|eyJ|AKIA|ASIA|SG)"
    r"[-_.A-Za-z0-9]{12,}|(?<=[Bb]earer )\S+|(?<=[Bb]asic )\S+"
    r"|(?<![A-Za-z0-9/+])(?=[A-Za-z0-9/+]*[0-9])(?=[A-Za-z0-9/+]*[a-z])(?=[A-Za-z0-9/+]*[A-Z])[A-Za-z0-9+][A-Za-z0-9/+]{39}"
    r"(?![A-Za-z0-9/+])"
    r"|(?<![A-Za-z0-9])(?=[A-Za-z]{0,200}[0-9])(?=[0-9]{0,200}[A-Za-z])[A-Za-z0-9]{16,}(?:[-_=][A-Za-z0-9]+)*=*)"
)
# What PyYAML quotes of a file: all but single characters and the names of its tokens.
_QUOTED = re.compile(r"(['\"])(?!<[a-z ]+>\1)(?:(?!\1).){4,}\1", re.DOTALL)
_USER_OF_URL = re.compile(r"(?<=://)[^\s'\"]*@")
_QUERY_OF_URL = re.compile(r"(?<=://)([^\s'\"?]*)\?[^\s'\"]*")


# Up to the first label of the domain, so that the suffix of the file stays.
_EMAIL = re.compile(r"[\w.%+-]+@[A-Za-z0-9]+")
_NAME_CHARS = 400
_SHORTEST_KEY = 12

_MOST_LEVELS = 4
"""Deeper levels are hidden: nobody reads them, and YAML may contain itself."""


def concealed(value: Any, name: str = "", *, level: int = 0) -> Any:
    """The value with secrets replaced by HIDDEN: strings with a name such as `api_key`, and users and queries in URLs.

    Settings whose names end in `_env` are hidden too: the name of a variable is no secret, but a value that was refused may be
    the secret itself.
    """
    if isinstance(value, (dict, list, tuple)) and level == _MOST_LEVELS:
        return HIDDEN
    if isinstance(value, dict):
        return {key: concealed(inner, str(key), level=level + 1) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [concealed(inner, name, level=level + 1) for inner in value]
    if not isinstance(value, str):
        return value
    return HIDDEN if value and _SECRET_NAME.search(name) else without_secrets(value)


def without_secrets(text: str) -> str:
    """The text without credentials in URLs, and without what looks like a key."""
    text = without_credentials(text)
    return _KEY.sub(HIDDEN, text) if len(text) >= _SHORTEST_KEY else text


def without_quotes(text: str) -> str:
    """The message of a parser without what it quotes of the file."""
    return _QUOTED.sub(HIDDEN, text)


def without_credentials(text: str) -> str:
    """The text with users, passwords and queries of its URLs replaced by HIDDEN."""
    return _QUERY_OF_URL.sub(rf"\1?{HIDDEN}", _USER_OF_URL.sub(f"{HIDDEN}@", text))


def shown_database(url: "URL") -> str:
    """The URL of a database for messages: without its password and its query, which may have another."""
    return url.set(query={}).render_as_string(hide_password=True)


def shown_name(url: str) -> str:
    """The name of a file for messages and the quarantine: on one line, without credentials and e-mail addresses.

    People name exports by the account that they are of. The rest of the name stays, so that the file can be found.
    """
    if len(url) > _NAME_CHARS:
        url = f"{HIDDEN}{url[-_NAME_CHARS:]}"
    line = "".join(char if char.isprintable() else "\ufffd" for char in url)
    return _EMAIL.sub(HIDDEN, without_credentials(line) if "://" in line else line)
