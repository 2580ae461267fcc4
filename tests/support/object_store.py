"""An S3 server on loopback, in this process."""

import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

_KEYS = {"aws_access_key_id": "of-the-test", "aws_secret_access_key": "of-the-test", "region_name": "us-east-1"}


@contextmanager
def s3_server() -> Iterator[str]:
    """Serve until the end of the context, without any bucket; yields the server's URL."""
    import moto.server

    server = moto.server.ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    address = f"http://{host}:{port}"
    yield address
    # Its buckets belong to the process, not to the server.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    opener.open(urllib.request.Request(f"{address}/moto-api/reset", method="POST"), timeout=600).close()
    server.stop()


def s3_client(url: str) -> Any:
    import boto3

    return boto3.client("s3", endpoint_url=url, **_KEYS)


def s3_environment(url: str) -> dict[str, str]:
    """The variables by which a process finds the server."""
    return {
        "AWS_ENDPOINT_URL": url,
        "AWS_ACCESS_KEY_ID": _KEYS["aws_access_key_id"],
        "AWS_SECRET_ACCESS_KEY": _KEYS["aws_secret_access_key"],
        "AWS_DEFAULT_REGION": _KEYS["region_name"],
        "NO_PROXY": "127.0.0.1",
    }
