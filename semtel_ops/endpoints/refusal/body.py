"""Reads error bodies of any shape as codes, parameters and words.

Only fields that servers use for their own words are read: what else a body has may be the request.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from semtel_ops.endpoints.lenient_json import read_json
from semtel_ops.endpoints.rate_headers import is_rate_header, parse_duration_s
from semtel_ops.endpoints.refusal.embedded import split_embedded
from semtel_ops.endpoints.refusal.provider_words import without_quotations

_MAX_BYTES = 1_000_000
_MAX_TEXT_BYTES = 20_000
_MAX_DEPTH = 8
_MAX_ITEMS = 20
_MAX_CODE = 64

_WORDS = frozenset(
    {"message", "msg", "detail", "details", "error", "description", "title", "raw", "reason", "status_message"}
    | {"error_description", "error_message", "error_msg", "errormessage", "status_msg", "remedy_hint"}
)
_CODES = ("code", "error_code", "errorcode", "reason", "status", "type", "error_type", "errortype", "__type", "exception")
"""The more telling first."""
_SAYS_NOTHING = frozenset(
    {"error", "none", "null", "invalidrequesterror", "badrequesterror", "servererror", "internalservererror"}
)
_STATUSES = frozenset({"code", "status", "status_code", "http_status_code", "httpstatuscode", "error_code"})
_PARAMETERS = frozenset({"param", "loc", "field", "parameter"})
_CONTAINERS = frozenset(
    {"error", "errors", "detail", "details", "message", "innererror", "inner_error", "metadata", "raw", "body", "response"}
    | {
        "fieldviolations",
        "provider_specific_fields",
        "content_filter_result",
        "content_filter_results",
        "cause",
        "upstream",
        "base_resp",
    }
)
_IDENTIFIER = re.compile(r"[\w.:/-]{1,64}", re.ASCII)
_PAGE = re.compile(r"<[!?a-zA-Z]")
_TAGS = re.compile(r"<(title|h1|code|message)>([^<]{1,200})</", re.IGNORECASE)
_RETRY_WORDS = re.compile(
    r"(?:try again|retry)(?:\s+(?:in|after|your requests? (?:in|after)))+\s+"
    r"((?:\d+(?:\.\d+)?\s?(?:milliseconds?|seconds?|minutes?|hours?|ms|[smh])\s?)+)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class ErrorBody:
    """What an error body says.

    Attributes:
        code: the provider's code, or else its type of error; None if there is none that says more than the status.
        codes: all codes and types, each as `plain_code` writes it.
        statuses: HTTP statuses that the body names, such as that of a server behind a gateway.
        parameters: paths of request parameters in fields that exist for it: `response_format.type`.
        fields: names of fields that have a value, whatever it is.
        text: the words, without quotations.
        retry_after_s: seconds to wait, if the body says so.
        headers: rate-limit headers that a gateway repeats in the body, names in lower case.
    """

    code: str | None = None
    codes: frozenset[str] = frozenset()
    statuses: tuple[int, ...] = ()
    parameters: tuple[str, ...] = ()
    fields: frozenset[str] = frozenset()
    text: str = ""
    retry_after_s: float | None = None
    headers: dict[str, str] = field(default_factory=dict)


def plain_code(code: str) -> str:
    """A code without case and separators: `content_filter` and `ContentFilter` are the same."""
    return "".join(filter(str.isalnum, code.lower()))


def has_error(data: Any) -> bool:
    """Whether a body that is no completion has an error instead, as gateways write it after they have answered 200."""
    if isinstance(data, list):
        return any(has_error(item) for item in data[:_MAX_ITEMS] if isinstance(item, dict))
    if not isinstance(data, dict):
        return False
    result = data.get("base_resp")  # MiniMax
    failed = isinstance(result, dict) and result.get("status_code") not in {None, 0, "0"}
    named = any(data.get(name) for name in ("error", "errors", "detail", "error_msg", "error_message"))
    said = "choices" not in data and any(isinstance(data.get(name), str) and data[name] for name in ("message", "msg"))
    return failed or named or said


def read_error_body(raw: bytes) -> ErrorBody:
    """Read an error body: JSON, JSON in a text, HTML or text. Never raises."""
    reader = _Reader()
    value = read_json(raw, max_bytes=_MAX_BYTES)
    if value is None:
        text = raw[:_MAX_TEXT_BYTES].decode("utf-8", "replace").strip()
        if _PAGE.match(text):
            reader.read_tags(text)
        else:
            reader.read_text(text, 0)
    elif isinstance(value, str):
        reader.read_text(value, 0)
    else:
        reader.read(value, 0)
    return reader.body()


class _Reader:
    """Collects what a body says while walking through it."""

    def __init__(self) -> None:
        self._codes: dict[str, int] = {}
        self._statuses: list[int] = []
        self._parameters: dict[str, None] = {}
        self._fields: set[str] = set()
        self._texts: dict[str, None] = {}
        self._retry_after_s: float | None = None
        self._headers: dict[str, str] = {}

    def body(self) -> ErrorBody:
        text = without_quotations("; ".join(self._texts))
        retry_after_s = self._retry_after_s
        if retry_after_s is None and (wait := _RETRY_WORDS.search(text)):
            retry_after_s = parse_duration_s(_shortened(wait[1]))
        telling = [code for code in self._codes if plain_code(code) not in _SAYS_NOTHING]
        return ErrorBody(
            code=min(telling, key=lambda code: (code.isdigit(), self._codes[code]), default=None),
            codes=frozenset(map(plain_code, self._codes)),
            statuses=tuple(self._statuses),
            parameters=tuple(self._parameters),
            fields=frozenset(self._fields),
            text=text,
            retry_after_s=retry_after_s,
            headers=self._headers,
        )

    def read(self, value: Any, depth: int) -> None:
        if depth > _MAX_DEPTH:
            return
        if isinstance(value, list):
            for item in value[:_MAX_ITEMS]:
                self.read(item, depth + 1)
        elif isinstance(value, dict):
            self._read_object(value, depth)

    def read_text(self, text: str, depth: int) -> None:
        """Read words, and the objects that are written into them."""
        for part in split_embedded(text):
            if isinstance(part, list) and all(isinstance(item, str) for item in part):
                self._texts.update(dict.fromkeys(part[:_MAX_ITEMS]))
            elif not isinstance(part, str):
                self.read(part, depth + 1)
            elif len(words := part.strip(" \n\t:-")) > 1:
                self._texts.setdefault(words)

    def read_tags(self, text: str) -> None:
        """Read the title of a page; its text may quote the request."""
        for _, words in _TAGS.findall(text)[:4]:
            self.read_text(words, 0)

    def _read_object(self, value: dict[Any, Any], depth: int) -> None:
        # Codes first: a code counts before that of an object within.
        named = [(str(key).lower(), item) for key, item in list(value.items())[: 5 * _MAX_ITEMS]]
        for key, item in named:
            if item not in (None, "", [], {}, False):
                self._fields.add(key)
            if key in _CODES or key in _STATUSES:
                self._read_code(key, item)
        where = self._read_parameters(named)
        for key, item in named:
            if isinstance(item, str) and key in _WORDS and not (key in _CODES and _IDENTIFIER.fullmatch(item)):
                self.read_text(f"{where}: {item}" if where and key in {"msg", "description"} else item, depth)
            elif isinstance(item, dict | list) and (key in _CONTAINERS or key.endswith("error")):
                self._read_container(key, item, depth)
            elif key.replace("_", "") in {"retryafter", "retryafterms", "retryafterseconds", "retrydelay", "estimatedtime"}:
                self._read_wait(key, item)
            elif key == "headers" and isinstance(item, dict):
                self._read_headers(item)

    def _read_container(self, key: str, item: dict[Any, Any] | list[Any], depth: int) -> None:
        if isinstance(item, list) and all(isinstance(part, str) for part in item):
            self.read_text("; ".join(item[:_MAX_ITEMS]), depth)
        elif key.startswith("content_filter"):
            if any(isinstance(verdict, dict) and verdict.get("filtered") is True for verdict in _values(item)):
                self._fields.add("filtered")
        else:
            self.read(item, depth + 1)

    def _read_code(self, key: str, item: Any) -> None:
        if isinstance(item, bool) or not isinstance(item, str | int):
            return
        code = str(item)[: 4 * _MAX_CODE]
        if key in _STATUSES and code.isascii() and code.isdigit() and len(code) == 3 and 100 <= int(code) <= 599:
            self._statuses.append(int(code))
        elif key in _CODES and _IDENTIFIER.fullmatch(code):
            self._codes.setdefault(code, _CODES.index(key))
        elif key in _CODES and key not in _WORDS:
            self.read_text(code, _MAX_DEPTH)  # a whole sentence in the place of a code

    def _read_parameters(self, named: Iterable[tuple[str, Any]]) -> str:
        """Remember the parameter that an object is about, and return it."""
        where = ""
        for key, item in named:
            if key not in _PARAMETERS:
                continue
            steps = item if isinstance(item, list | tuple) else [item]
            names = [step for step in steps[:6] if isinstance(step, str) and _IDENTIFIER.fullmatch(step)]
            path = ".".join(name for name in names if name not in {"body", "query", "root"})[:_MAX_CODE]
            if path:
                self._parameters.setdefault(path)
                where = path
        return where

    def _read_wait(self, key: str, item: Any) -> None:
        if self._retry_after_s is None and isinstance(item, str | int | float) and not isinstance(item, bool):
            wait_s = parse_duration_s(str(item))
            self._retry_after_s = wait_s / 1000.0 if wait_s is not None and key.replace("_", "").endswith("ms") else wait_s

    def _read_headers(self, item: dict[Any, Any]) -> None:
        for name, value in list(item.items())[:_MAX_ITEMS]:
            if is_rate_header(str(name)):
                self._headers[str(name).lower()] = str(value)[:_MAX_CODE]


def _values(item: dict[Any, Any] | list[Any]) -> Iterable[Any]:
    return item.values() if isinstance(item, dict) else item


def _shortened(wait: str) -> str:
    """`1 minute 5 seconds` as `1m5s`."""
    text = re.sub(r"milliseconds?", "ms", wait.lower())
    return re.sub(r"\s", "", re.sub(r"(s|m|h)(?:econds?|inutes?|ours?)", r"\1", text))
