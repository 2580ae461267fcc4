"""Files of gold labels for other tools: ours (JSON lines), Label Studio's and Argilla's.

Here: one module for each format, which writes conversations for people to label and reads their labels back. A reader yields
labels as they stand in the file, or problems with their place; whether a label exists is checked by the step. Not here: which
conversations are written, and what of a file is kept (`steps.gold_export`, `steps.gold_import`).
"""

from semtel_ops.gold.exchange.model import FORMATS, Foreign, Problem, Task
from semtel_ops.gold.exchange.reading import detected, read_labels

__all__ = ["FORMATS", "Foreign", "Problem", "Task", "detected", "read_labels"]
