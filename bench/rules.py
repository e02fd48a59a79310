"""How often the proofs use each rule of the normal form: python bench/rules.py [-k GLOB] [--write]

Every proof of crypto_examples is run in this process with the rules counted (see `armsym.terms.rules.counted`).
`--write` puts the table into docs/rules.md.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from fnmatch import fnmatch
from pathlib import Path

from armsym.elf import load
from armsym.proof.registry import discover
from armsym.proof.run import prove
from armsym.terms import ops
from armsym.terms.rules import RULES, counted
from semantics import A64

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "rules.md"

HEAD = """# The rules of the normal form

Terms are rewritten by these rules as they are made ([design.md](design.md)). Each is one object, beside its operation
in `armsym/terms/`; `tests/terms/test_named_rules.py` proves each by Z3, sees its condition hold and fail, and finds
defects planted in it. The operation stands before the colon; its rules are tried in order. Made by
`python bench/rules.py --write`.
"""


def count(glob: str) -> tuple[Counter[str], Counter[str]]:
    """Applications of each rule over the proofs, and in how many proofs it is used."""
    applied: Counter[str] = Counter()
    proofs: Counter[str] = Counter()
    for d in discover(ROOT / "crypto_examples"):
        if not fnmatch(d.name, glob):
            continue
        with counted() as seen:
            r = prove(d, name=d.name, image=load(d.object_spec()), symbol=d.symbol, isa=A64)
        print(f"{r.status.value:10} {d.name}", flush=True)
        applied += seen
        proofs += Counter(dict.fromkeys(seen, 1))
        proofs["all"] += 1
    return applied, proofs


def table(applied: Counter[str], proofs: Counter[str]) -> str:
    """The rules, in the order they are written, as Markdown."""
    rows = ["| rule | equation | holds when | applied | proofs |", "|---|---|---|---|---|"]
    for name, r in RULES.items():
        cells = (name, f"`{r.says}`", r.when, f"{applied[name]:,}", str(proofs[name]))
        rows.append("| " + " | ".join(c.replace("|", "\\|") for c in cells) + " |")
    return "\n".join(rows)


def main() -> int:
    """Run, print, perhaps write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-k", default="*", metavar="GLOB", help="proofs of these names only")
    parser.add_argument("--write", action="store_true", help="write docs/rules.md")
    options = parser.parse_args()
    assert ops, "all rules are loaded"
    applied, proofs = count(options.k)
    text = table(applied, proofs)
    print(text)
    if options.write:
        n = proofs["all"]
        PAGE.write_text(f"{HEAD}\nCounted over {n} proofs (terms built, not obligations closed).\n\n{text}\n", "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
