import pytest

from semtel_ops.errors import ConfigError
from semtel_ops.steps.published_runs import published_run_of
from tests.support.gold import WEEK, publish_week


def test_the_published_run_of_a_week_or_else_the_weeks_that_are_published(tmp_path, ledger):
    with pytest.raises(ConfigError, match="week: '2026-W40' is not published; published: no week yet"):
        published_run_of(ledger, "2026-W40")
    publish_week(tmp_path, conversations=4)
    assert published_run_of(ledger, WEEK).run_id == "manual"
    with pytest.raises(ConfigError, match=f"published: {WEEK}"):
        published_run_of(ledger, "2026-W40")
