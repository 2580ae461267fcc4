import io

import pytest
from rich.console import Console

from semtel_ops.cli.demo.progress import Bars, Lines, make_progress
from semtel_ops.cli.demo.stages import stages


def instances(plan, *classify):
    mapped = [{"task_id": "realtime.classify", "state": state, "map_index": at} for at, state in enumerate(classify)]
    return stages([{"task_id": "plan", "state": plan, "map_index": -1}, *mapped])


@pytest.fixture
def out():
    return io.StringIO()


def test_elsewhere_each_stage_is_one_line_told_once(out):
    with Lines(Console(file=out, width=140)) as progress:
        progress.show("2026-W40", instances("running"), 1)
        progress.show("2026-W40", instances("success", "success", "running"), 4)
        progress.show("2026-W40", instances("success", "success", "success"), 9)
        progress.ended("2026-W40", good=True, text="30 conversations")
    assert out.getvalue().splitlines() == [
        "2026-W40           4 s  plan      done",
        "2026-W40           9 s  classify  2 of 2",
        "2026-W40  done: 30 conversations",
    ]


def test_retries_and_failures_are_lines_too(out):
    with Lines(Console(file=out, width=140)) as progress:
        progress.show("2026-W40", instances("up_for_retry"), 1)
        progress.show("2026-W40", instances("success", "failed", "success"), 2)
    assert "failed, retrying" in out.getvalue()
    assert "1 of 2 failed" in out.getvalue()


def test_on_a_terminal_there_is_a_bar_that_ends_with_the_outcome(out):
    console = Console(file=out, force_terminal=True, width=100)
    progress = make_progress(console)
    assert isinstance(progress, Bars)
    with progress:
        progress.show("2026-W40", instances("success", "success", "running"), 4)
        progress.ended("2026-W40", good=True, text="30 conversations")
    assert "✓ 30 conversations" in out.getvalue()


def test_brackets_of_messages_are_not_taken_for_markup(out):
    with Lines(Console(file=out, width=140)) as progress:
        progress.note("classifiers: ['topc'] [red]is wrong[/red]")
    assert out.getvalue() == "classifiers: ['topc'] [red]is wrong[/red]\n"
