"""Gold: labels by people, for conversations that were drawn with known probabilities.

Here: the design of a draw and what precision it gives, the question as a person gets it, checks of an answer, agreement between
people and with models, and the files of other labelling tools (`exchange`). Values, pure decisions and formats. Not here: the
tables (`store.gold_ledger`), drawing, import and export as a whole (`steps`), the page (`semtel_airflow.gold_page`), corrected
shares (`evaluation`).
"""

from semtel_ops.gold.answers import Answer, checked_answer
from semtel_ops.gold.design import allocate, draw_id_of, parse_rare
from semtel_ops.gold.question import Option, Question, question_of

__all__ = ["Answer", "Option", "Question", "allocate", "checked_answer", "draw_id_of", "parse_rare", "question_of"]
