"""What commands print for people."""

import json

import pytest

from semtel_ops.cli.output import show

MANIFEST = {
    "week": "2026-W40",
    "by_endpoint": {"east": {"rows": 1_200, "cost_usd": 0.5}, "west": {"rows": 3, "cost_usd": None}},
    "by_status": {"success": 1_203},
    "cleaning": [{"classifier": "topic", "exact": 7}, {"classifier": "intent", "exact": 8}],
    "missing_shards": [],
    "refusals": [{"endpoint": "east", "words": "HTTP 500"}],
}


def test_each_record_of_a_manifest_has_a_line_of_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    show(MANIFEST, as_json=False)
    assert capsys.readouterr().out.splitlines() == [
        "week            2026-W40",
        "by endpoint     east: rows 1,200, cost_usd $0.50",
        "                west: rows 3, cost_usd unknown",
        "by status       success 1,203",
        "cleaning        classifier topic, exact 7",
        "                classifier intent, exact 8",
        "missing shards  none",
    ]


def test_json_has_everything(capsys: pytest.CaptureFixture[str]) -> None:
    show(MANIFEST, as_json=True)
    assert json.loads(capsys.readouterr().out) == MANIFEST
