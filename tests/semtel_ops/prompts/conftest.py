from collections.abc import Callable
from pathlib import Path

import pytest

WHOLE = """\
---
name: mood
displayName: Mood
description: How the user feels.
metadata:
  version: "1.0.0"
model:
  apiType: chat
  options:
    temperature: 0
    maxOutputTokens: 20
---
system:
Name the mood.
{% for word in words %}
- {{ word }}
{% endfor %}

user:
Here it is:
{{ conversation }}
Which mood?
"""


@pytest.fixture
def whole() -> str:
    """A prompt file with nothing wrong."""
    return WHOLE


@pytest.fixture
def write_prompt(tmp_path: Path) -> Callable[..., Path]:
    def write(text: str | bytes, name: str = "mood.prompty") -> Path:
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write
