"""What holds on entry: the preconditions as assumed, and the lemmas, which are proved of them first."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

from armsym.bits import Bits, Prop
from armsym.integers.expression import Relation
from armsym.proof.bounds import inside
from armsym.proof.engine.run import Run
from armsym.proof.induction import Theorem
from armsym.proof.path import Path
from armsym.proof.result import Status

__all__ = ["check_preconditions", "prove_lemmas", "prove_theorems"]


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


def prove_theorems(run: Run, path: Path) -> None:
    """Prove each theorem by induction, from what holds on entry and the theorems before it.

    One that is not shown is recorded so, and with it the proof is undecided: whatever is told of it is no harm then.
    """
    p = run.p
    for t in p._d.theorems:
        formula = p.formula(t)
        i, *parameters = formula.words
        first = [Bits(64, 0), *parameters]
        # (Of parameters alone: that index 0 is in range holds of all.)
        _in_each_case(run, path, t, first, formula.conditions_of(first), None, first)
        # Whatever i is below the bounds, i + 1 is within them.
        facts = [*formula.conditions_of(formula.words), i < formula.upto, i < t.high]
        _in_each_case(run, path, t, formula.words, facts, formula.words, [i + 1, *parameters])
        p.shown_theorems = t.number + 1


def _in_each_case(
    run: Run,
    path: Path,
    t: Theorem,
    words: Sequence[Bits],
    facts: Sequence[Prop],
    known: Sequence[Bits] | None,
    goal: Sequence[Bits],
) -> None:
    """Show a theorem of the words `goal` where the facts hold, and it holds of `known`, if that is given."""
    formula = run.p.formula(t)
    stage = "i = 0" if known is None else "i + 1"
    if any(c.value is False for c in facts):  # there is no such index: what is claimed of it holds
        for name, _ in formula.claims:
            run.ledger.record("lemma", f"{t.name}: {name}, {stage}", Status.PROVED, "identity")
        return
    conditions = t.cases(*words)
    for values in product((True, False), repeat=len(conditions)):
        here = path.fork()
        for c in (*facts, *(c if v else ~c for c, v in zip(conditions, values, strict=True))):
            here.knowledge.add(c.bit.value)
        with run.under(here, *(w for w in words if not w.is_concrete)):
            said = [] if known is None else formula.claims_of(known)
            here.relations += [r for _, r in said if isinstance(r, Relation)]
            if t.by is not None:
                t.by(*words)
            asked: list[tuple[str, str, Relation]] = []
            for name, r in formula.claims_of(goal):
                if isinstance(r, Relation):
                    asked.append((f"{t.name}: {name}, {stage}", name, r))
                else:
                    status = Status.PROVED if r else Status.UNDECIDED
                    run.ledger.record("lemma", f"{t.name}: {name}, {stage}", status, "identity" if r else "")
            run.ledger.check_relations(here, asked, "lemma")
        here.over()
