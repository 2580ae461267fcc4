"""Commands of a weekly run: what is asked for in a shell is what the steps are asked for."""

from click.testing import CliRunner

from semtel_ops.cli.weekly import run


def test_a_run_can_be_given_its_lane_deadline_and_token_budget(monkeypatch):
    asked = []

    def step(request, **means):
        asked.append({**request, **means})
        return {"week": request["week"]}

    monkeypatch.setattr("semtel_ops.steps.week.run_week", step)
    options = [
        "--week",
        "2026-W47",
        "--lane",
        "batch",
        "--deadline",
        "2026-11-24T08:00Z",
        "--max-tokens-per-conversation",
        "500",
    ]
    done = CliRunner().invoke(run, [*options, "--json"])
    assert done.exit_code == 0, done.output
    wanted = {"lane": "batch", "deadline": "2026-11-24T08:00Z", "max_tokens_per_conversation": 500, "run_id": "shell-2026-W47"}
    assert wanted.items() <= asked[0].items()
