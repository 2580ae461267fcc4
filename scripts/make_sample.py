"""Make the shipped sample: `conversations.jsonl.gz`, and the table of true shares in the README beside it.

    python scripts/make_sample.py [FOLDER]

FOLDER is include/sample unless given. Running it again gives the same bytes.
"""

import gzip
import json
import sys
from pathlib import Path

from sample import make_records, summarise

_FOLDER = Path(__file__).resolve().parent.parent / "include" / "sample"
_BEGIN, _END = "<!-- true shares: begin -->\n", "<!-- true shares: end -->\n"


def main() -> None:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else _FOLDER
    records = make_records()
    lines = "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records).encode()
    packed = gzip.compress(lines, 9, mtime=0)
    (folder / "conversations.jsonl.gz").write_bytes(packed)
    print(f"{len(records)} records, {len(lines):,} bytes, packed to {len(packed):,}")
    _write_table(folder / "README.md", summarise(records))


def _write_table(readme: Path, table: str) -> None:
    """Put the table between its marks; a folder without a README gets none."""
    if readme.exists():
        before, _, rest = readme.read_text(encoding="utf-8").partition(_BEGIN)
        readme.write_text(before + _BEGIN + table + "\n" + _END + rest.partition(_END)[2], encoding="utf-8")


if __name__ == "__main__":
    main()
