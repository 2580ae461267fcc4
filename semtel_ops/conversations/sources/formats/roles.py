"""The words for roles that formats, providers and people use."""

from typing import Any

from semtel_ops.conversations.model import Role

_WORDS: dict[Role, str] = {
    Role.SYSTEM: "system developer systemmessage chatmessage preamble",
    Role.USER: "user human prompter customer humanmessage humanmessagechunk",
    Role.ASSISTANT: "assistant ai gpt chatgpt bot chatbot bing bard claude gemini copilot llm model agent function_call"
    " tool_call tool_calls aimessage aimessagechunk",
    Role.TOOL: "tool function ipython observation environment function_response function_result function_call_output"
    " tool_result tool_response tool_output toolmessage functionmessage",
}
ROLES: dict[str, Role] = {word: role for role, words in _WORDS.items() for word in words.split()}
"""Words for roles, in lower case."""

# Marks that templates put around a role: `<|user|>`, `Human:`, `[user]`.
_MARKS = " \t\r\n<|>[]:#*"


def known_role(word: Any) -> Role | None:
    """The role that a word stands for, in any case and with the marks of templates; None for every other value."""
    if not isinstance(word, str):
        return None
    return ROLES.get(word) or ROLES.get(word.strip(_MARKS).lower())
