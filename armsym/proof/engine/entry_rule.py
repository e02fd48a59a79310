"""What holds on entry: the preconditions as assumed, and the lemmas, which are proved of them first."""

from __future__ import annotations

from armsym.bits import Bits, Prop
from armsym.integers.expression import Relation
from armsym.proof.bounds import inside
from armsym.proof.engine.run import Run
from armsym.proof.path import Path
from armsym.proof.result import Status

__all__ = ["check_preconditions", "prove_lemmas"]


def check_preconditions(run: Run, path: Path) -> None:
    """What preconditions and lemmas read of memory on entry must lie in its region: nothing is known beyond."""
    p, ms = run.p, run.meter.budget.claim_ms
    said: list[tuple[str, Prop | Relation]] = [*p._d.requires, *p._d.relations, *p._d.lemmas]
    for text, condition in said:
        for r in p.reads_on_entry(condition):
            if not inside(path, r.region, r.offset, Bits(64, r.size), ms):
                detail = f"it reads {r.size} bytes at {r.region.name}+{r.offset.value}, not shown to lie in it"
                run.ledger.record("lemma", text, Status.UNDECIDED, detail=detail)


def prove_lemmas(run: Run, path: Path) -> None:
    """Prove each lemma from the preconditions and the lemmas before it; then it is a fact."""
    with run.under(path):
        for name, condition in run.p._d.lemmas:
            run.ledger.check_one(path, condition, "lemma", name, name)
            if run.ledger.holds("lemma", name):
                path.knowledge.add(condition.bit.value)
