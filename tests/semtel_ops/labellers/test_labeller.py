from dataclasses import replace

import pytest

from semtel_ops.classifiers import load_classifiers
from semtel_ops.labellers import Labellers
from semtel_ops.settings import StrategyConfig, TokensConfig

PLAIN, TOKENS = StrategyConfig(), TokensConfig()


@pytest.fixture(scope="module")
def prompts(project_root):
    return project_root / "include" / "prompts"


@pytest.fixture(scope="module")
def topic(prompts):
    return load_classifiers(prompts, ("topic",))[0]


@pytest.fixture
def labellers(topic, prompts):
    def make(spec=topic, strategy=PLAIN, tokens=TOKENS):
        return Labellers([spec], strategy, tokens, prompts)

    return make


def test_an_alias_and_the_version_behind_it_are_one_labeller(labellers):
    run = labellers()
    alias = run.of("topic", "gpt-6-luna", served_model="gpt-6-luna-2026-10-01")
    pinned = run.of("topic", "gpt-6-luna-2026-10-01", served_model="gpt-6-luna-2026-10-01")
    assert alias.id == pinned.id
    assert run.of("topic", "gpt-6-luna").id != alias.id, "before the first reply, the alias is all that is known"


def test_another_seed_is_the_same_labeller(labellers, topic):
    first = labellers().of("topic", "m")
    assert labellers(strategy=StrategyConfig(seed=7)).of("topic", "m").id == first.id
    assert labellers(replace(topic, seed=7)).of("topic", "m").id == first.id


def test_prompt_parameters_effort_and_strategy_each_make_another_labeller(labellers, topic):
    others = [
        labellers().of("topic", "m"),
        labellers().of("topic", "m", reasoning_effort="low"),
        labellers(replace(topic, version="9.9")).of("topic", "m"),
        labellers(replace(topic, temperature=1.0)).of("topic", "m"),
        labellers(strategy=StrategyConfig(pack=5)).of("topic", "m"),
        labellers(tokens=TokensConfig(max_per_conversation=500)).of("topic", "m"),
    ]
    assert len({labeller.id for labeller in others}) == len(others)


def test_a_question_after_the_conversation_and_an_alias_of_a_label_are_part_of_the_prompt(labellers, topic):
    asked = replace(topic, prompt=replace(topic.prompt, reminder="\nWhich one?"))
    first = topic.labels[0]
    read = replace(topic, labels=(replace(first, aliases=(*first.aliases, "another word")), *topic.labels[1:]))
    found = [labellers(spec).of("topic", "m").id for spec in (topic, asked, read)]
    assert len(set(found)) == 3


def test_the_identity_of_a_labeller_stays_what_ledgers_have_recorded(labellers, topic):
    # Computed once: if this changes, every week is compared with another labeller than its own.
    labeller = labellers().of("topic", "gpt-6-luna")
    same = replace(labeller, prompts="0" * 32, strategy="1" * 32, version="1.0")
    assert same.id == "26278232cd27f469"
