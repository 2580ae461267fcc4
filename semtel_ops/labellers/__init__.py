"""Who labelled: the identity of a labeller, and the fingerprints that it consists of.

Here: what makes two labels comparable as answers of the same labeller. Not here: whether a new labeller may be used
(`alignment`), how two labellers compare (`evaluation`), where labellers are recorded (`store`).
"""

from semtel_ops.labellers.fingerprints import prompt_fingerprints, strategy_fingerprint, tokens_fingerprint
from semtel_ops.labellers.labeller import Labeller, Labellers

__all__ = ["Labeller", "Labellers", "prompt_fingerprints", "strategy_fingerprint", "tokens_fingerprint"]
