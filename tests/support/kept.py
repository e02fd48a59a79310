"""A result as a proof leaves it, and a small folder of proofs, for the tests of what is kept."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

from calls import Answer, run_python
from cli_data import OBJECT

from armsym.discharge.recheck import Rechecked
from armsym.proof.result import KINDS, OPTIONAL, Obligation, ProofResult, Status

MANDATORY = [k for k in KINDS if k not in OPTIONAL]

ADDING = """\
from armsym.dsl import Proof, proof
from {helper} import total

@proof("add64", of="routines.o")
def adds(p: Proof) -> None:
    a, b = p.word("a"), p.word("b")
    p.call(x0=a, x1=b)
    p.ensures(lambda s: {{"sum": s.x0 == total(a, b)}})
"""


def proved(*, second: bool = False) -> ProofResult:
    """A result that has something in each field."""
    return ProofResult(
        "adds",
        "routines.o",
        "add64",
        "ab" * 32,
        "cd" * 32,
        Status.PROVED,
        0.25,
        assumptions=["SP is aligned", "π is no number"],
        choices={"bits": (128, 192, 2**70)},
        ranges={"n": [(1, 2**50), (0, 3)]},
        particular=["key holds 10"],
        standing=["SP is aligned"],
        obligations=[Obligation(f"of {k}", k, Status.PROVED, ("identity", "z3"), 0.125) for k in MANDATORY],
        claims_results=True,
        instructions=12,
        shown=["x0 = a + b"],
        machine=["a hint is a NOP"],
        second=Rechecked("Bitwuzla", 3, 2, 0.5, ["it gave up"], each={"Bitwuzla": 2}) if second else None,
    )


def project(folder: Path, *, deeper: str = "a + b") -> tuple[Path, Path]:
    """A proof file whose helper imports another, in a folder of a name of its own; both files."""
    name = folder.name.replace("-", "_")
    (folder / "routines.o").write_bytes(OBJECT.read_bytes())
    (folder / f"{name}_helper.py").write_text(f"from {name}_deeper import add\n\ntotal = add\n")
    last = folder / f"{name}_deeper.py"
    last.write_text(f"def add(a, b):\n    return {deeper}\n")
    file = folder / f"{name}_proofs.py"
    file.write_text(ADDING.format(helper=f"{name}_helper"))
    return file, last


def prove(cache: Path, *arguments: object, **more: str) -> Answer:
    """`armsym prove` with results kept in a folder, as it is called."""
    time.sleep(0.1)  # what was just written is older than the process that reads it
    return run_python(
        "-m", "armsym", "prove", *arguments, **{"ARMSYM_CACHE": str(cache), "ARMSYM_NO_CACHE": "", **more}
    )


def told(answer: Answer) -> dict[str, Any]:
    """The one result of an answer in JSON."""
    (result,) = json.loads(answer.out)["results"]
    return dict(result)
