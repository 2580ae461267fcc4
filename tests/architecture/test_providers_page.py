"""The settings of servers and providers: each entry can be copied, and says whether it was tried or read."""

import re
from pathlib import Path

import pytest
import yaml

from semtel_ops.endpoints.catalog import load_endpoints

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "howto" / "providers.md").read_text(encoding="utf-8")
SECTIONS = dict(re.findall(r"^### (.+?)\n(.+?)(?=^##|\Z)", PAGE, re.MULTILINE | re.DOTALL))

EXPECTED = {
    *("Ollama", "LM Studio", "llama.cpp, its own server", "llama.cpp, the Python server", "vLLM", "SGLang"),
    *("Text Generation Inference", "LiteLLM proxy", "OpenAI", "Azure OpenAI", "Groq", "Mistral", "Gemini", "Anthropic"),
    *("OpenRouter", "Together AI", "Fireworks AI", "DeepSeek", "xAI", "Amazon Bedrock"),
}


def snippet(section):
    (text,) = re.findall(r"^```yaml\n(.+?)^```$", SECTIONS[section], re.MULTILINE | re.DOTALL)
    return text


def test_the_page_has_every_provider():
    assert set(SECTIONS) == EXPECTED


@pytest.mark.parametrize("section", sorted(EXPECTED))
def test_the_entry_loads_as_it_stands(section, tmp_path):
    file = tmp_path / "endpoints.yaml"
    file.write_text(snippet(section), encoding="utf-8")
    variables = {
        entry["api_key_env"]: "sk-of-the-test"
        for entry in yaml.safe_load(snippet(section))["endpoints"]
        if "api_key_env" in entry
    }
    (endpoint,) = load_endpoints(file, environ=variables)
    assert endpoint.base_url.startswith(("https://", "http://127.0.0.1:"))
    assert (endpoint.api_key is not None) == endpoint.base_url.startswith("https://") or section == "LiteLLM proxy"


@pytest.mark.parametrize("section", sorted(EXPECTED))
def test_the_entry_says_whether_it_was_tried_or_read(section):
    assert re.search(r"^\*(Tried\* with \S+ \d|Read\*; source: \S)", SECTIONS[section], re.MULTILINE)
