"""What the simulator says about what is planted in it, and what follows from it."""

import json
from collections import Counter
from pathlib import Path

import pytest

from semtel_ops.settings import load_yaml
from semtel_ops.simulator.config import SimulatorConfig
from semtel_ops.simulator.lexical_labels import NOTICE
from semtel_ops.simulator.planted import expected_accuracy, expected_shifts, in_words, rates_of_prompt

SHIPPED = Path(__file__).parents[3] / "include" / "config" / "simulator-models.yaml"
TRUTH = {"technology": "software, code, bugs", "cooking": "recipes, food, baking", "other": "anything else"}
SYSTEM = "Name the topic.\n- technology: software\n- cooking: food\n- other: anything else\n"
REPAIRED = f"{SYSTEM}* Choose technology rather than cooking if it is about software.\n"
CONFIG = SimulatorConfig.model_validate(
    {
        "truth": {"topic": TRUTH},
        "models": {
            "simulated-c": {
                "confusion": {"topic": {"technology": {"cooking": 0.2}}},
                "prompt_effects": [
                    {"classifier": "topic", "when": "boundary", "labels": ["technology", "cooking"], "factor": 0.2}
                ],
                "noise": 0.1,
            }
        },
    }
)
SHARES = {"technology": 0.5, "cooking": 0.3, "other": 0.2}


def test_shifts_follow_from_rates_and_shares():
    rates = {"technology": {"cooking": 0.1, "other": 0.02}, "other": {"technology": 0.5}}
    # technology: -0.5 * 0.12 + 0.2 * 0.5; cooking: 0.5 * 0.1; other: 0.5 * 0.02 - 0.2 * 0.5.
    assert expected_shifts(rates, SHARES) == pytest.approx({"technology": 0.04, "cooking": 0.05, "other": -0.09})


def test_the_accuracy_of_a_prompt_follows_from_its_wording():
    assert rates_of_prompt(CONFIG, "simulated-c", "topic", REPAIRED) == {"technology": {"cooking": pytest.approx(0.04)}}
    # 0.5 * 0.2 are confused: 0.9 right, then 10% noise, of which half of the wrong ones become right: 0.81 + 0.1 * 0.1 / 2.
    assert expected_accuracy(CONFIG, "simulated-c", "topic", SYSTEM, SHARES) == pytest.approx(0.815)
    # 0.5 * 0.04: 0.98 * 0.9 + 0.02 * 0.05.
    assert expected_accuracy(CONFIG, "simulated-c", "topic", REPAIRED, SHARES) == pytest.approx(0.883)


def words_of(model, **own):
    return in_words(SimulatorConfig.model_validate({"models": {model: own, "simulated-x": {}}}))


def test_what_is_planted_is_said_in_words():
    assert in_words(SimulatorConfig()) == []
    assert words_of("m", confusion={"topic": {"technology": {"writing": 0.15}}}) == [
        "m answers writing for 15% of the topic technology."
    ]
    assert words_of("m", serves=[{"model": "simulated-x"}, {"model": "simulated-x", "since": "2026-11-02"}]) == [
        "m is an alias: simulated-x, then simulated-x from 2026-11-02."
    ]
    assert words_of("m", shutdown_date="2027-01-14") == ["m is shut down on 2027-01-14."]
    assert words_of("m", reasoning={"tokens": {"low": 10}, "default": "low"}) == [
        "m reasons before it answers: low 10 tokens on average; low where nothing is asked."
    ]


async def test_the_statistics_say_what_is_planted(simulator):
    async with simulator(CONFIG.model_dump(mode="json")) as client:
        told = (await client.get("/_sim/stats")).json()["planted"]
        await client.post("/_sim/config", json={"models": {"simulated-a": {}}, "truth": {}})
        nothing = (await client.get("/_sim/stats")).json()["planted"]
    assert told["notice"] == NOTICE
    assert "simulated-c answers cooking for 20% of the topic technology." in told["words"]
    assert told["models"]["simulated-c"]["confusion"] == {"topic": {"technology": {"cooking": 0.2}}}
    assert told["truth"] == {"topic": ["technology", "cooking", "other"]}
    assert (nothing["words"], nothing["models"]) == ([], {})


async def test_true_labels_can_be_asked_for(simulator):
    conversations = [[{"role": "user", "content": text}] for text in ("a bug in code", "baking food", "hello")]
    async with simulator(CONFIG.model_dump(mode="json")) as client:
        found = await client.post("/_sim/truth", json={"classifier": "topic", "conversations": conversations})
        own = {"definitions": {"greeting": "hello", "other": "else"}, "conversations": conversations}
        other = await client.post("/_sim/truth", json=own)
        wrong = [
            await client.post("/_sim/truth", json=body)
            for body in ({"classifier": "intent", "conversations": []}, {"classifier": "topic", "conversations": [["x"]]})
        ]
    assert found.json()["labels"] == ["technology", "cooking", "other"]
    assert other.json()["labels"] == ["other", "other", "greeting"]
    assert [reply.status_code for reply in wrong] == [400, 400]
    assert "known: topic" in wrong[0].json()["error"]["message"]


async def test_the_shipped_models_do_what_their_file_says(simulator, chat_body):
    config = load_yaml(SHIPPED, SimulatorConfig)
    labels = list(config.truth["topic"])
    schema = {"type": "object", "properties": {"label": {"enum": labels}}}
    system = "".join(f"- {label}: {text}\n" for label, text in config.truth["topic"].items())
    texts = [f"Why does my Python script number {number} print an error?" for number in range(400)]

    async def labelled(client, model, system=system):
        bodies = [chat_body(text, schema=schema, system=system, model=model) for text in texts]
        replies = [(await client.post("/v1/chat/completions", json=body)).json() for body in bodies]
        return [json.loads(reply["choices"][0]["message"]["content"])["label"] for reply in replies]

    repaired = f"{system}* Between technology and writing: technology if it is about code, writing if it is about text.\n"
    async with simulator({**config.model_dump(mode="json"), "labels": {"model_bias": 0}}) as client:
        a, b, c, better = [
            Counter(await labelled(client, *how))
            for how in (("simulated-a",), ("simulated-b",), ("simulated-c",), ("simulated-c", repaired))
        ]
        assert (await client.post("/v1/chat/completions", json=chat_body(model="simulated-old"))).status_code == 404
    assert a == {"technology": 400}
    # Standard deviations of 400 draws: 7 at 15%, 10 at 46%, 4 at 4.6%.
    assert 40 < b["writing"] < 80
    assert 154 < c["writing"] < 214
    assert 5 < better["writing"] < 32


def test_one_sentence_repairs_eight_points_of_the_shipped_worse_model():
    config = load_yaml(SHIPPED, SimulatorConfig)
    system = "".join(f"- {label}: {text}\n" for label, text in config.truth["topic"].items())
    # Shares of the shipped sample: 86 of 426 are technology, 31 entertainment; the other eight labels do not matter.
    rest = dict.fromkeys(config.truth["topic"], (426 - 86 - 31) / 8 / 426)
    shares = {**rest, "technology": 86 / 426, "entertainment": 31 / 426}
    before, with_boundary, in_other_words = (
        expected_accuracy(config, "simulated-c", "topic", f"{system}{rule}", shares)
        for rule in (
            "",
            "* Choose technology rather than writing if the request is about code.\n",
            "* Judge what the user wants. The assistant is context.\n",
        )
    )
    # 86/426 * 0.46 * (1 - 0.1) = 8.36 points, of which 2% noise leaves 8.2.
    assert with_boundary - before == pytest.approx(0.082, abs=0.001)
    assert in_other_words == before
