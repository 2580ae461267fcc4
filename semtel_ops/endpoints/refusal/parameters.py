"""Which parameters of our requests a refusal names, in a field of its own or in words."""

import re
from typing import Final

from semtel_ops.endpoints.refusal.body import ErrorBody

RESPONSE_FORMAT: Final = "response_format"
TEMPERATURE: Final = "temperature"
SEED: Final = "seed"
MAX_TOKENS: Final = "max_tokens"
MAX_COMPLETION_TOKENS: Final = "max_completion_tokens"
REASONING_EFFORT: Final = "reasoning_effort"
SERVICE_TIER: Final = "service_tier"
SYSTEM_ROLE: Final = "system_role"
"""Not a parameter but a role: some models' chat templates have no system message."""

_OBJECTION = re.compile(
    r"not (?:\w+ ){0,2}(?:support|permit|allow|valid|accept|implement|recogni)|n't support|unsupported|unknown|unrecogni"
    r"|unexpected|invalid|extra (?:inputs|fields|parameters)|forbidden|unimplemented|unavailable|must|should|deprecated"
    r"|no longer|cannot|can't|failed to|\bonly\b|incompatible|too (?:complex|many|large|deep)|required|does not work|: value"
    r"|非法|不支持|无效|有误|取值范围",
    re.IGNORECASE,
)
"""Words of a refusal; without them, a text may mention a parameter for another reason."""

_FORMAT_NAMES = re.compile(
    r"response[_ ]?format|text\.format|json[_ ]schema|json_object|json mode|structured[-_ ]outputs?|guided_json"
    r"|guided[_ ](?:decoding|grammar)|response_?schema|output_(?:config|schema)|xgrammar|llguidance|outlines|grammar"
    r"|requested parameters",
    re.IGNORECASE,
)
_SCHEMA_TROUBLE = re.compile(
    r"\bschema\b[^.;]{0,80}(?:not support|unsupported|invalid|not valid|constraint|too (?:complex|many|deep|large))"
    r"|(?:unsupported|invalid|unimplemented|not supported)[^.;]{0,80}\bschema\b|additionalProperties|Unimplemented keys",
    re.IGNORECASE,
)
_NAMES: Final = {
    TEMPERATURE: re.compile(r"\btemperature\b", re.IGNORECASE),
    SEED: re.compile(r"\bseed\b", re.IGNORECASE),
    MAX_TOKENS: re.compile(r"\bmax_tokens\b", re.IGNORECASE),
    MAX_COMPLETION_TOKENS: re.compile(r"\bmax_completion_tokens\b", re.IGNORECASE),
    REASONING_EFFORT: re.compile(r"\breasoning[_. ]?effort\b", re.IGNORECASE),
    SERVICE_TIER: re.compile(r"\bservice_tier\b", re.IGNORECASE),
}
_PATHS: Final = {
    RESPONSE_FORMAT: ("response_format", "json_schema", "text.format", "response_schema", "output_config", "guided_json"),
    **{name: (name,) for name in _NAMES},
}
_NO_SYSTEM_ROLE = re.compile(
    r"\b(?:system|developer) (?:role|messages?|instructions?|prompts?)\b.{0,30}(?:\bnot|n['’]t)\b"
    r"|\bdoes not support ['\"]?(?:system|developer)\b|(?<!, )\bconversation roles must alternate\b"
    r"|\bonly user(?:,| and)(?: and)? assistant roles are\b",
    re.IGNORECASE,
)
_NUMBER_OF_TOKENS = re.compile(
    r"(?:max\w*[ _]?(?:\w+[ _])?tokens|maximum tokens)[^;]{0,80}?(?:too (?:large|small|high|low|big)|exceed|less than"
    r"|greater than|maximum allowed|at (?:least|most)|between|valid range|minimum|<=|>=|out of range|higher than|larger than)"
    r"|\binvalid max_\w*tokens value",
    re.IGNORECASE,
)
"""A refusal of the number of tokens, which another name of the parameter would not change."""


def refused_parameters(body: ErrorBody) -> tuple[str, ...]:
    """The parameters that a refusal is about, without those of which only the number of tokens is refused.

    A field such as `param` or `loc` counts before words, which may mention what to use instead.
    """
    names = [name for name, parts in _PATHS.items() if any(_is_about(path, parts) for path in body.parameters)]
    if not names and _OBJECTION.search(body.text):
        names = [name for name, pattern in _NAMES.items() if pattern.search(body.text)]
    if not names and _NO_SYSTEM_ROLE.search(body.text):
        names = [SYSTEM_ROLE]
    if not names and (_FORMAT_NAMES.search(body.text) or _SCHEMA_TROUBLE.search(body.text)):
        names = [RESPONSE_FORMAT]
    elif names and names != [RESPONSE_FORMAT] and not _are_fields(body) and _FORMAT_NAMES.search(body.text):
        names = [RESPONSE_FORMAT, *names]
    if refuses_number_of_tokens(body):
        names = [name for name in names if name not in {MAX_TOKENS, MAX_COMPLETION_TOKENS}]
    return tuple(names)


def refuses_number_of_tokens(body: ErrorBody) -> bool:
    """Whether the server refuses how many tokens the reply may have."""
    return _NUMBER_OF_TOKENS.search(body.text) is not None


def _are_fields(body: ErrorBody) -> bool:
    return any(_is_about(path, parts) for path in body.parameters for parts in _PATHS.values())


def _is_about(path: str, parts: tuple[str, ...]) -> bool:
    return any(part in path if "." in part else part in path.split(".") for part in parts)
