"""Prompts: prompt files, and conversations as quoted text.

Here: reading `.prompty` files (errors name file and line), rendering them once, fencing a conversation's text.
Not here: which answers are allowed and how they are read (`classifiers`), and what becomes a request (`packing`).
"""

from semtel_ops.prompts.catalog import find_prompt, prompt_ids
from semtel_ops.prompts.prompty import PromptFile, Section, load_prompty
from semtel_ops.prompts.render import ExampleMessage, RenderedPrompt, render
from semtel_ops.prompts.transcript import transcript

__all__ = [
    "ExampleMessage",
    "PromptFile",
    "RenderedPrompt",
    "Section",
    "find_prompt",
    "load_prompty",
    "prompt_ids",
    "render",
    "transcript",
]
