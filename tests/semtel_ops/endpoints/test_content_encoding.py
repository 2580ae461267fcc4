"""A body is unpacked by what it is: a header may be left from before a gateway unpacked it, or be missing."""

import gzip
import zlib

import pytest

from semtel_ops.endpoints.content_encoding import unpacked

BODY = b'{"choices": []}'


@pytest.mark.parametrize(
    ("raw", "encoding"),
    [
        pytest.param(BODY, "", id="plain"),
        pytest.param(gzip.compress(BODY), "gzip", id="gzip"),
        pytest.param(gzip.compress(BODY), "", id="apache/trafficcontrol#1737"),
        pytest.param(BODY, "gzip", id="agentgateway/agentgateway#1620"),
        pytest.param(BODY, "br", id="freelensapp/freelens-ai-extension#272 (kind)"),
        pytest.param(BODY, "utf-8", id="not-an-encoding"),
        pytest.param(zlib.compress(BODY), "Deflate", id="deflate"),
        pytest.param(zlib.compress(BODY)[2:-4], "deflate", id="raw-deflate"),
    ],
)
def test_a_body_is_unpacked_whatever_its_header_says(raw: bytes, encoding: str) -> None:
    assert unpacked(raw, encoding, max_bytes=100) == BODY


def test_a_bomb_is_cut_off_and_a_damaged_body_stays_as_it_came() -> None:
    assert unpacked(gzip.compress(b"x" * 1_000_000), "gzip", max_bytes=100) == b"x" * 100
    damaged = gzip.compress(BODY)[:4] + b"\xff" * 30
    assert unpacked(damaged, "gzip", max_bytes=100) == damaged
