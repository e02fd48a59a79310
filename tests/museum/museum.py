"""Visits the exhibits: the faulty build of each must be refuted as the exhibit says, the mended one proved.

`make museum` prints a table.  Exit codes: 0 all is as said, 1 something is not, 3 a wheel cannot be had, so that
exhibits were left out.
"""

from __future__ import annotations

import functools
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from evidence import NotThisFault
from exhibits import EXHIBITS, Build, Exhibit
from rich.console import Console
from rich.table import Table
from rich.text import Text

from armsym.conform.replay import replay
from armsym.elf import Image, load
from armsym.proof.result import ProofResult, Status
from armsym.proof.run import Wanted, prove
from armsym.report.wording import claims_nothing
from armsym.wheels import Wheel, WheelUnavailable
from semantics import A64

__all__ = ["Visit", "main", "problem_of_faulty", "problem_of_fixed", "visit"]

#: How a replay on which both machines agree begins.
AGREE = "armsym and Unicorn agree"
#: Columns of the table where stdout is no terminal.
WIDTH = 200


@dataclass(frozen=True)
class Visit:
    """What was seen: the counterexample's line, CPU seconds, and what is not as the exhibit says ("" if all is)."""

    exhibit: Exhibit
    counterexample: str
    seconds: float
    problem: str


@functools.lru_cache(maxsize=2)
def _image(of: Wheel | Path) -> Image:
    return load(str(of.path() if isinstance(of, Wheel) else of))


def result(b: Build) -> ProofResult:
    """The whole of a proof, as a user runs it; raises `WheelUnavailable`."""
    return prove(b.states, name=b.symbol, image=_image(b.of), symbol=b.symbol, isa=A64, wanted=Wanted(replay))


def problem_of_faulty(e: Exhibit, r: ProofResult) -> tuple[str, str]:
    """The counterexample's line, and why it does not refute the routine as the exhibit says ("" if it does)."""
    c = r.counterexample
    if r.status is not Status.REFUTED or c is None:
        return "", f"the faulty routine is {r.status.value}: {r.message or _open(r)}"
    if (c.kind, c.claim) != (e.kind, e.claim):
        return "", f"refuted by {c.kind}: {c.claim}, not by {e.kind}: {e.claim}"
    refuted = [o.kind for o in r.obligations if o.status is Status.REFUTED]
    if refuted != [e.kind]:
        return "", f"refuted obligations are {refuted}, not [{e.kind}]"
    if not c.replay.startswith(AGREE):
        return "", f"the replay: {c.replay or 'none'}"
    try:
        return e.shows(c), ""
    except NotThisFault as x:
        return "", f"the counterexample is of something else: {x}"


def problem_of_fixed(r: ProofResult) -> str:
    """Why the mended routine is not proved; "" if it is."""
    if r.status is not Status.PROVED or any(o.status is not Status.PROVED for o in r.obligations):
        return f"the mended routine is {r.status.value}: {r.message or _open(r)}"
    return "what is proved claims nothing about results" if claims_nothing(r) else ""


def _open(r: ProofResult) -> str:
    return "; ".join(f"{o.kind}: {o.name}: {o.detail}" for o in r.obligations if o.status is not Status.PROVED)


def visit(e: Exhibit) -> Visit:
    """Prove both routines and judge; raises `WheelUnavailable`."""
    began = time.process_time()
    told, problem = problem_of_faulty(e, result(e.faulty))
    problems = [p for p in (problem, problem_of_fixed(result(e.fixed))) if p]
    return Visit(e, told, time.process_time() - began, "; ".join(problems))


def main(exhibits: Iterable[Exhibit] = EXHIBITS) -> int:
    """Visit them all and print the table; the exit code."""
    table = Table()
    for title in ("exhibit", "faulty file and routine", "refuted by", "counterexample", "mended file", "CPU s"):
        table.add_column(title, overflow="fold")
    notes: list[str] = []
    wrong = left_out = 0
    for e in exhibits:
        told, seconds = "", ""
        try:
            v = visit(e)
        except WheelUnavailable as x:
            left_out += 1
            told = "left out"
            notes.append(f"{e.name}: left out: {x}")
        else:
            told, seconds = v.counterexample, f"{v.seconds:.1f}"
            if v.problem:
                wrong += 1
                told = told or "NOT AS SAID"
                notes.append(f"{e.name}: NOT AS SAID: {v.problem}")
        mended = e.fixed.file + (f"; for {e.only} only" if e.only else "")
        cells = (e.name, f"{e.faulty.file}: {e.faulty.symbol}", f"{e.kind}: {e.claim}", told, mended, seconds)
        table.add_row(*map(Text, cells))
    console = Console() if sys.stdout.isatty() else Console(width=WIDTH)
    console.print(table)
    good = table.row_count - wrong - left_out
    notes.append(f"{good} exhibits refuted and their mended builds proved, {wrong} not as said, {left_out} left out")
    for note in notes:
        console.print(Text(note), soft_wrap=True)
    return 1 if wrong else 3 if left_out else 0


if __name__ == "__main__":
    sys.exit(main())
