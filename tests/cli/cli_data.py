"""How data/routines.o is made from our own source: `python tests/cli/cli_data.py` remakes it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

DATA = Path(__file__).parent / "data"
OBJECT = DATA / "routines.o"
ASSEMBLER = "aarch64-linux-gnu-as"


def build(target: Path) -> None:
    """Assemble the source."""
    subprocess.run([ASSEMBLER, "routines.s", "-o", str(target.resolve())], cwd=DATA, check=True)


if __name__ == "__main__":
    build(Path(sys.argv[1]) if len(sys.argv) > 1 else OBJECT)
