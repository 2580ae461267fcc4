"""The first rule that applies decides; without any, the status does."""

import re

import pytest

from semtel_ops.endpoints.refusal.body import ErrorBody
from semtel_ops.endpoints.refusal.rules import Refusal, Rule, kind_of
from semtel_ops.errors import EndpointErrorKind as Kind

BODY = ErrorBody(codes=frozenset({"toolong"}), fields=frozenset({"reasons"}), text="Too long, try again")


@pytest.mark.parametrize(
    ("rule", "applies"),
    [
        (Rule(Kind.AUTH), True),
        (Rule(Kind.AUTH, {401}), False),
        (Rule(Kind.AUTH, codes=frozenset({"toolong", "other"})), True),
        (Rule(Kind.AUTH, codes=frozenset({"other"})), False),
        (Rule(Kind.AUTH, codes=frozenset({"other"}), fields=frozenset({"reasons"})), True),
        (Rule(Kind.AUTH, words=re.compile("try")), True),
        (Rule(Kind.AUTH, words=re.compile("never")), False),
        (Rule(Kind.AUTH, unless=re.compile("try")), False),
        (Rule(Kind.AUTH, codes=frozenset({"toolong"}), unless=re.compile("try")), False),
        (Rule(Kind.AUTH, holds=lambda refusal: refusal.status == 400), True),
        (Rule(Kind.AUTH, holds=lambda refusal: refusal.status == 401), False),
    ],
)
def test_a_rule_applies_by_any_of_what_it_names(rule: Rule, applies: bool) -> None:
    assert rule.applies(Refusal(400, BODY)) is applies


def test_the_first_rule_decides_and_the_status_where_none_applies() -> None:
    rules = [Rule(Kind.AUTH, {401}), Rule(Kind.DEPLOYMENT, {400, 401})]
    assert [kind_of(Refusal(status, BODY), rules) for status in (401, 400, 418, 500, 200)] == [
        Kind.AUTH, Kind.DEPLOYMENT, Kind.BAD_REQUEST, Kind.SERVER_ERROR, Kind.SERVER_ERROR
    ]  # fmt: skip
