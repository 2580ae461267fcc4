"""What one request costs the simulator, as CPU time of its process: it must not be what a measurement measures.

    python tests/benchmarks/bench_simulator.py [requests]

Sends 1.5 KB bodies, each one different, over 64 kept connections, and reads the server's CPU time from /proc: unlike requests a
second, it does not depend on what else the machine does.
"""

import asyncio
import json
import os
import sys
import time
from pathlib import Path

from semtel_ops.simulator import SimulatorConfig
from semtel_ops.testing.simulated_endpoint import simulated_endpoint_process

CONNECTIONS = 64
SYSTEM = """Name the topic of the conversation.
- technology: programming, software, code, computers, bugs, errors, databases, the web
- health: illness, doctors, medicine, symptoms, sleep, exercise, diet
- money: prices, banks, investing, taxes, budgets, salaries
- entertainment: films, music, games, sports, books, celebrities
- other: nothing of the above
"""
TEXT = "How do I find out why my program is slow when it reads many rows from the database? It worked before. "


def body(number: int) -> bytes:
    labels = ["technology", "health", "money", "entertainment", "other"]
    schema = {"type": "object", "properties": {"label": {"type": "string", "enum": labels}}, "required": ["label"]}
    turn = json.dumps({"role": "user", "content": f"{number} {TEXT * 6}"})
    data = {
        "model": "simulated-small",
        "messages": [
            {"role": "system", "content": SYSTEM},
            {"role": "user", "content": f"<conversation>\n{turn}\n</conversation>\nName the topic."},
        ],
        "max_tokens": 30,
        "temperature": 0,
        "response_format": {"type": "json_schema", "json_schema": {"name": "topic", "strict": True, "schema": schema}},
    }
    return json.dumps(data).encode()


async def ask(host: str, port: int, numbers: range) -> None:
    reader, writer = await asyncio.open_connection(host, port)
    for number in numbers:
        data = body(number)
        head = f"POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-length: {len(data)}\r\n\r\n"
        writer.write(head.encode() + data)
        reply = await reader.readuntil(b"\r\n\r\n")
        length = int(reply.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
        await reader.readexactly(length)
        assert reply.startswith(b"HTTP/1.1 200"), reply
    writer.close()


async def load(address: str, requests: int) -> None:
    host, _, port = address.removeprefix("http://").rpartition(":")
    each = requests // CONNECTIONS
    await asyncio.gather(*(ask(host, int(port), range(i * each, (i + 1) * each)) for i in range(CONNECTIONS)))


def cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def main(requests: int) -> None:
    print(f"{len(body(0))} bytes a request, {requests} requests, {CONNECTIONS} connections")
    for mode in ("constant", "lexical"):
        config = SimulatorConfig.model_validate({"labels": {"mode": mode}, "quota": {"rpm": 10**8, "tpm": 10**11}})
        with simulated_endpoint_process(config) as endpoint:
            asyncio.run(load(endpoint.address, 640))
            before, start = cpu_s(endpoint.pid), time.perf_counter()
            asyncio.run(load(endpoint.address, requests))
            used, wall = cpu_s(endpoint.pid) - before, time.perf_counter() - start
        each = used / requests
        print(
            f"{mode:<9} {each * 1e6:6.0f} us CPU each = {1 / each:7.0f} a second on one core; {requests / wall:7.0f} a second here"
        )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 20_000)
