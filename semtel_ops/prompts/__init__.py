"""What we say to a model: prompt files, and conversations made safe to quote.

Here: reading `.prompty` files (every defect named by file and line), rendering them once, fencing a conversation's text.
Not here: what an answer may be and how it is read (`classifiers`), and what becomes one request (`packing`).
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
