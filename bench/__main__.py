"""python -m bench [sha2 | families | mutations | rules | conform | angr_sha2] [options]: one of the scripts here."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

#: Modules that the scripts are made of.
PARTS = {"__main__", "dataflow", "effects", "equivalence", "liveness"}

if __name__ == "__main__":
    scripts = {p.stem: p for p in Path(__file__).parent.glob("*.py") if p.stem not in PARTS}
    name, *rest = sys.argv[1:] or ["sha2"]
    if name.startswith("-"):
        name, rest = "sha2", [name, *rest]
    if name not in scripts:
        sys.exit(f"there is no benchmark {name}: choose one of {', '.join(sorted(scripts))}")
    sys.exit(subprocess.call([sys.executable, str(scripts[name]), *rest]))
