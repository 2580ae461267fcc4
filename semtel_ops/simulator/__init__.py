"""A pretended provider: OpenAI-shaped HTTP with the latencies, quotas, faults and odd replies of real ones.

Here: the server, its configuration, and the lexical match that makes up its labels, which says of itself that it is one.
Not here: anything of our client. The two share no code, so that one cannot excuse the other's mistakes.
"""

from semtel_ops.simulator.app import make_app
from semtel_ops.simulator.config import Fault, SimulatorConfig
from semtel_ops.simulator.run import address_of, bind, serve

__all__ = ["Fault", "SimulatorConfig", "address_of", "bind", "make_app", "serve"]
