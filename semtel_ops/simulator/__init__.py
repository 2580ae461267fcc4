"""A simulated provider: an OpenAI-compatible HTTP server with the latencies, quotas, faults and defective replies of real ones.

Here: the server, its configuration, and the lexical match that produces its labels; every reply says that it is simulated. Not
here: any code of the client. Client and simulator share no code, so that a mistake in the client cannot be hidden by the same
mistake here.
"""

from semtel_ops.simulator.app import make_app
from semtel_ops.simulator.config import Fault, SimulatorConfig
from semtel_ops.simulator.run import address_of, bind, serve

__all__ = ["Fault", "SimulatorConfig", "address_of", "bind", "make_app", "serve"]
