import pytest

from semtel_ops.errors import ConfigError
from semtel_ops.settings import parse_config
from semtel_ops.steps.align_request import AlignRequest


def test_a_request_needs_only_candidates_and_asks_two_thousand_conversations_plainly():
    asked = AlignRequest(candidates=("new",))
    assert (asked.rows, asked.margin, asked.lane, asked.strategy, asked.dry_run) == (2_000, 0.02, "realtime", "plain", False)


def test_an_unknown_field_is_refused_by_name():
    with pytest.raises(ConfigError, match="candidtae"):
        parse_config({"candidates": ["new"], "candidtae": "x"}, AlignRequest, where="request")
