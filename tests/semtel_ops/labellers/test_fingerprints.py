from dataclasses import replace

import pytest

from semtel_ops.classifiers import load_classifiers
from semtel_ops.labellers import prompt_fingerprints, strategy_fingerprint
from semtel_ops.settings import StrategyConfig, TokensConfig

CLASSIFIERS = ("topic", "task_complexity")


def test_the_fingerprint_holds_what_decides_a_call_and_no_more():
    tokens = TokensConfig()

    def of(tokens=tokens, **strategy):
        return strategy_fingerprint(StrategyConfig(**strategy), tokens)

    assert of(pack=10) == of(pack=10, shuffle_seed=5, audit_share=0.5, seed=3)
    assert of() == of(grader=True, pack_tokens=500)
    changes = [
        of(),
        of(pack=5),
        of(pack=10),
        of(pack=10, grader=True),
        of(combine=True),
        of(pack=10, pack_tokens=999),
        of(combine=True, grader=True),
    ]
    changes += [of(TokensConfig(max_per_conversation=999)), of(TokensConfig(compression="none"))]
    assert len(set(changes)) == len(changes)
    assert of(TokensConfig(compression_rate=0.2)) == of(TokensConfig(compression_rate=0.3))


@pytest.fixture(scope="module")
def prompts(project_root):
    return project_root / "include" / "prompts"


def fingerprints(prompts, specs=None, **strategy):
    return prompt_fingerprints(specs or load_classifiers(prompts, CLASSIFIERS), StrategyConfig(**strategy), prompts)


def test_a_changed_prompt_changes_its_own_fingerprint_and_where_classifiers_are_combined_all_of_them(prompts):
    specs = load_classifiers(prompts, CLASSIFIERS)
    changed = (replace(specs[0], max_output_tokens=specs[0].max_output_tokens + 1), specs[1])
    before, after = fingerprints(prompts, pack=5), fingerprints(prompts, changed, pack=5)
    assert [before[name] == after[name] for name in CLASSIFIERS] == [False, True]
    together, since = fingerprints(prompts, combine=True), fingerprints(prompts, changed, combine=True)
    assert set(together.values()).isdisjoint(since.values())
    assert len(set(together.values())) == 1


def test_a_grader_is_part_of_what_is_said(prompts):
    assert fingerprints(prompts, pack=5) != fingerprints(prompts, pack=5, grader=True)
    assert fingerprints(prompts, pack=5) == fingerprints(prompts, pack=5, shuffle_seed=9), "the order in packs is not"
