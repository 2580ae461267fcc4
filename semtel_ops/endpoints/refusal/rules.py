"""How a table of rules decides what a refusal is about: the first rule that applies."""

import re
from collections.abc import Callable, Container, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from semtel_ops.endpoints.refusal.body import ErrorBody
from semtel_ops.errors import EndpointErrorKind


class Refusal(NamedTuple):
    """What a rule judges: the HTTP status (for a status of 200, that in the body) and what the body says."""

    status: int
    body: ErrorBody


@dataclass(frozen=True, slots=True)
class Rule:
    """Applies to a refusal with one of `statuses` and, where any is given, one of codes, fields or words, or if `holds`.

    Attributes:
        codes: of the body, as `plain_code` writes them.
        fields: of the body that have a value.
        unless: words with which the rule does not apply.
    """

    kind: EndpointErrorKind
    statuses: Container[int] = range(600)
    codes: frozenset[str] = frozenset()
    fields: frozenset[str] = frozenset()
    words: re.Pattern[str] | None = None
    unless: re.Pattern[str] | None = None
    holds: Callable[[Refusal], bool] | None = None

    def applies(self, refusal: Refusal) -> bool:
        status, body = refusal
        if status not in self.statuses or (self.unless is not None and self.unless.search(body.text)):
            return False
        if not (self.codes or self.fields or self.words or self.holds):
            return True
        return (
            not self.codes.isdisjoint(body.codes)
            or not self.fields.isdisjoint(body.fields)
            or (self.words is not None and self.words.search(body.text) is not None)
            or (self.holds is not None and self.holds(refusal))
        )


def kind_of(refusal: Refusal, rules: Sequence[Rule]) -> EndpointErrorKind:
    """The kind that the first applicable rule names; without any, 4xx is our request and everything else the server."""
    for rule in rules:
        if rule.applies(refusal):
            return rule.kind
    return EndpointErrorKind.BAD_REQUEST if 400 <= refusal.status < 500 else EndpointErrorKind.SERVER_ERROR
