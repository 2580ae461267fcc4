"""`semtel simulate`: a simulated provider on this machine."""

from typing import Any

import click


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on. The simulator has no login.")
@click.option(
    "--port", default=8900, show_default=True, type=click.IntRange(0, 65_535), help="Port to listen on; 0 picks a free one."
)
@click.option(
    "--config",
    type=click.Path(dir_okay=False),
    help="File such as include/config/simulator.yaml. The options below take precedence over it.",
)
@click.option(
    "--latency-ms", type=click.FloatRange(min=0), help="Time until the first token of a reply, in milliseconds. Default: 0."
)
@click.option(
    "--per-token-ms", type=click.FloatRange(min=0), help="Time for each token of a reply, in milliseconds. Default: 0."
)
@click.option("--rpm", type=click.IntRange(min=1), help="Requests per minute; more get status 429. Default: no limit.")
@click.option(
    "--tpm",
    type=click.IntRange(min=1),
    help="Tokens per minute, prompt and max_tokens together; more get status 429. Default: no limit.",
)
@click.option(
    "--slots", type=click.IntRange(min=0), help="Concurrent requests; more are queued, then get status 503. Default: no limit."
)
@click.option(
    "--fault",
    "faults",
    multiple=True,
    metavar="NAME=RATE",
    help="Fault and the share of requests that have it, such as 429=0.05; repeatable.",
)
@click.option(
    "--labels",
    type=click.Choice(["lexical", "constant"]),
    help="lexical: match words with label definitions. constant: always the first label. Default: lexical.",
)
@click.option("--seed", type=int, help="Seed of faults, jitter and ties. Default: 0.")
def simulate(
    *,
    host: str,
    port: int,
    config: str | None,
    latency_ms: float | None,
    per_token_ms: float | None,
    rpm: int | None,
    tpm: int | None,
    slots: int | None,
    faults: tuple[str, ...],
    labels: str | None,
    seed: int | None,
) -> None:
    """Serve an OpenAI-compatible endpoint that costs nothing, until Ctrl-C. Prints an endpoints.yaml for it.

    It has chat completions, embeddings, files, batches and models at the paths of OpenAI and Azure OpenAI. Labels come from a
    lexical match between the conversation and the definitions in the prompt, not from a language model, and replies say so.

    \b
    Examples:
      semtel simulate
      semtel simulate --latency-ms 300 --per-token-ms 15 --rpm 600 --tpm 200000
      semtel simulate --fault 429=0.05 --fault reset=0.01 --fault near_miss=0.1
      semtel simulate --port 0 --config include/config/simulator.yaml
      semtel simulate --config include/config/simulator-models.yaml    models with planted errors, an alias, shutdown dates
      semtel simulate --config include/config/simulator-noisy.yaml     sharing requests costs quality, for `semtel experiment`

    \b
    Faults: 429 429_bare 429_absurd 500 503 reset cut not_json hang content_filter_400
            wrong_label near_miss fenced prose empty length content_filter refusal missing_member

    \b
    While it runs:
      curl ADDRESS/_sim/stats                                  show statistics of requests, and what is planted in models
      curl ADDRESS/_sim/config -d '{"faults": {"500": 0.2}}'   change the configuration
    """  # noqa: D301 - \b is click's mark
    from semtel_ops.settings import load_yaml, parse_config
    from semtel_ops.simulator import SimulatorConfig, bind, serve

    base = load_yaml(config, SimulatorConfig) if config else SimulatorConfig()
    patch = _patch(
        {
            "latency": {"base_ms": latency_ms, "per_output_token_ms": per_token_ms},
            "quota": {"rpm": rpm, "tpm": tpm},
            "capacity": {"slots": slots},
            "labels": {"mode": labels},
        }
    )
    if faults:
        patch["faults"] = {**base.faults, **dict(_rate(fault) for fault in faults)}
    if seed is not None:
        patch["seed"] = seed
    simulator = parse_config(base.merged(patch), SimulatorConfig, where="simulate")
    serve(simulator, bind(host, port), lambda address: _announce(address, simulator.api_keys != ()))


def _patch(sections: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """Keep only the options that were given."""
    given = {name: {key: value for key, value in options.items() if value is not None} for name, options in sections.items()}
    return {name: options for name, options in given.items() if options}


def _rate(text: str) -> tuple[str, float]:
    name, _, rate = text.partition("=")
    try:
        return name, float(rate)
    except ValueError:
        raise click.BadParameter(f"{text!r} is not NAME=RATE, such as 429=0.05", param_hint="--fault") from None


def _announce(address: str, keyed: bool) -> None:
    key = "\n    api_key_env: SIMULATOR_API_KEY" if keyed else ""
    # Flushed because the parent process may be waiting for the first line.
    print(f"listening on {address}/v1", flush=True)
    print(
        f"""
# endpoints.yaml of the simulator: labels by lexical match, not by a language model
endpoints:
  - name: simulated
    kind: openai
    base_url: {address}/v1
    model: simulated-small{key}
    lanes: [realtime, batch]

# Statistics: {address}/_sim/stats    Stop: Ctrl-C""",
        flush=True,
    )
