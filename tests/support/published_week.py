"""A week that the simulator labelled and that is published, in a lake and a ledger of a test."""

import json
from pathlib import Path

from pydantic import SecretStr

from semtel_ops.runs.plan import RunPlan
from semtel_ops.runs.progress import LogProgress
from semtel_ops.settings import Settings
from semtel_ops.steps.week import run_week

SUBJECTS = ("fix a bug in my code", "write me a poem", "explain how rain forms", "what is the capital of Chad", "tell a joke")
CLASSIFIERS = ("knowledge_work", "user_intent")


def week_settings(
    folder: Path, base_url: str, include: Path, *, lanes: str = "[realtime, batch]", model: str = "simulated-small"
) -> Settings:
    """Settings with a lake and a ledger in `folder`, and an endpoint of the simulator."""
    write_endpoints(folder, base_url, lanes=lanes, model=model)
    return Settings(
        lake=str(folder / "lake"),
        database_url=SecretStr(f"sqlite:///{folder}/ledger.db"),
        include=str(include),
        endpoints=str(folder / "endpoints.yaml"),
    )


def write_endpoints(folder: Path, base_url: str, *, lanes: str = "[realtime, batch]", model: str = "simulated-small") -> None:
    (folder / "endpoints.yaml").write_text(
        f"endpoints:\n  - {{name: sim, base_url: '{base_url}', model: {model}, lanes: {lanes},\n"
        "     price: {input_per_million: 1.0, output_per_million: 1.0}}\n",
        encoding="utf-8",
    )


def publish_week(
    folder: Path, settings: Settings, *, week: str = "2026-W47", conversations: int = 60, day: str = "18", **request: object
) -> RunPlan:
    """Label and publish a week; the environment must name the settings' ledger. `request`: more of the run's request."""
    with (folder / f"chats-{week}.jsonl").open("w", encoding="utf-8") as file:
        for at in range(conversations):
            turns = [{"role": "user", "content": f"Please {SUBJECTS[at % len(SUBJECTS)]}, number {at} of {week}"}]
            record = {"conversation_id": f"{week}-c{at}", "started_at": f"2026-11-{day}T10:00:00Z", "messages": turns}
            file.write(json.dumps(record) + "\n")
    source = str(folder / f"chats-{week}.jsonl")
    asked = {"week": week, "source": source, "classifiers": CLASSIFIERS, "lane": "realtime", **request}
    manifest = run_week(asked, run_id=f"weekly-{week}", settings=settings, progress=LogProgress())
    return RunPlan.load(manifest["run"])
