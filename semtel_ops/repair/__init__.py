"""Prompt repair: a search for a better wording of a classifier's prompt, and a test of whether it is one.

Here: a prompt as parts, mutators that change them, the guard that keeps text of conversations out, the search, and the one
look at the rows that confirm. Pure: labels, suggestions of a model and what is remembered come from outside. Not here: asking
models, files and the ledger (`steps.repair`), paired tests (`evaluation`), prompt files as such (`classifiers`).
"""

from semtel_ops.repair.answers import Answers, Suggestion
from semtel_ops.repair.confirm import Confirmation, Verdict, confirm
from semtel_ops.repair.guard import Guard, Refusal
from semtel_ops.repair.library import InstructionLibrary, load_library
from semtel_ops.repair.parts import PromptParts
from semtel_ops.repair.prompty_parts import PromptSource, read_parts
from semtel_ops.repair.search import Found, Search, SearchConfig, Task
from semtel_ops.repair.split import Split, split

__all__ = [
    "Answers",
    "Confirmation",
    "Found",
    "Guard",
    "InstructionLibrary",
    "PromptParts",
    "PromptSource",
    "Refusal",
    "Search",
    "SearchConfig",
    "Split",
    "Suggestion",
    "Task",
    "Verdict",
    "confirm",
    "load_library",
    "read_parts",
    "split",
]
