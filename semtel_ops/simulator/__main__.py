"""`python -m semtel_ops.simulator` runs only the server, for benchmarks and tests; people use `semtel simulate`."""

import argparse
import sys

from semtel_ops.errors import ConfigError
from semtel_ops.settings.load import load_yaml
from semtel_ops.simulator.config import SimulatorConfig
from semtel_ops.simulator.run import bind, serve


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m semtel_ops.simulator", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8900)
    parser.add_argument("--config", default="", help="a simulator.yaml")
    args = parser.parse_args()
    try:
        config = load_yaml(args.config, SimulatorConfig) if args.config else SimulatorConfig()
        listener = bind(args.host, args.port)
    except ConfigError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    serve(config, listener, lambda address: print(f"listening on {address}/v1", flush=True))  # noqa: T201
    return 0


if __name__ == "__main__":
    sys.exit(main())
