"""Claims added to a proof, each as a line of the DSL, and what the engine says of the proof with them.

The engine is the one of `armsym prove`; a run here is shorter only in what it asks of numbers before, so it proves
nothing for a report: `armsym prove` does, once the lines stand in the proof.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from armsym.bits import Bits
from armsym.errors import InputError
from armsym.proof.concrete import ConcreteProof, Trial
from armsym.proof.declare import Phase, Proof
from armsym.proof.engine import Budget, Engine
from armsym.proof.handles import Claims
from armsym.proof.havoc import guess_loops
from armsym.proof.loops import Routine
from armsym.proof.result import Obligation, Status
from armsym.proof.state import State
from armsym.proof.symbolic import SymbolicProof
from armsym.proof.trials import concrete_stepper, run_trial
from armsym.suggest.scope import Scope, captured
from armsym.terms import new_table

__all__ = ["Added", "Answer", "Chosen", "attempt", "extended", "first_case", "together"]

ProofFn = Callable[[Proof], None]
#: (length above the least one) of the runs from which the engine guesses what loops change.
LENGTHS = (2, 0, 3)
VISITS = (9, 24, 40, 70)


@dataclass(frozen=True)
class Added:
    """An invariant as text: `upto`, `when` and each claim are expressions of the DSL, of `s` and `i`.

    Where the proof has an invariant at `head`, only the claims count: they join it.
    """

    head: int
    upto: str = ""
    inclusive: bool = False
    step: int = 1
    when: str = ""
    claims: Mapping[str, str] = field(default_factory=dict)

    def with_claims(self, claims: Mapping[str, str]) -> Added:
        """The same loop with other claims."""
        return replace(self, claims=dict(claims))


@dataclass
class Answer:
    """What one attempt gave: obligations, whether all hold, and the CPU time."""

    obligations: list[Obligation]
    seconds: float
    #: A claim that is false in a run on numbers, or what could not be evaluated; empty where none is.
    broken: str = ""

    @property
    def closed(self) -> bool:
        """Whether every path was followed, and every obligation is shown."""
        return not self.broken and self.complete and all(o.status is Status.PROVED for o in self.obligations)

    @property
    def complete(self) -> bool:
        """Whether every path was followed to its end: of what was not followed nothing was asked."""
        return any((o.kind, o.name) == ("termination", "every loop ends") for o in self.obligations)

    def open(self) -> list[Obligation]:
        """Those not shown."""
        return [o for o in self.obligations if o.status is not Status.PROVED]


def extended(fn: ProofFn, added: Sequence[Added], name_things: Callable[[Proof, Scope], None] | None = None) -> ProofFn:
    """The proof function with invariants added.  `name_things` binds names beyond the proof's own, in each run."""

    def more(p: Proof) -> None:
        scope = captured(fn, p)
        if name_things is not None:
            name_things(p, scope)
        for a in added:
            _add(p, scope, a)

    return more


def _add(p: Proof, scope: Scope, a: Added) -> None:
    def claims(s: State, i: Bits) -> Claims:
        return {name: scope.value(text, s=s, i=i) for name, text in a.claims.items()}

    known = next((inv for inv in p._d.invariants if inv.head == a.head), None)
    if known is not None:
        if a.claims:
            own = known.claims
            known.claims = lambda s, i: together(own(s, i), claims(s, i))
        return
    upto: Any = scope.value(a.upto)
    when = (lambda s: scope.value(a.when, s=s)) if a.when else None
    p.invariant(a.head, upto=upto, inclusive=a.inclusive, step=a.step, when=when)(claims if a.claims else _nothing)


def together(own: Claims, more: Claims) -> Claims:
    """Claims of a proof and what is added to them; two of one name are two claims."""
    found = dict(own)
    for name, claim in more.items():
        free = name
        while free in found:
            free += "'"
        found[free] = claim
    return found


def _nothing(_s: State, _i: Bits) -> Claims:
    return {"nothing": True}


@dataclass(frozen=True)
class Chosen:
    """One alternative of each choice of a proof, and where SP lies."""

    values: Mapping[str, int] = field(default_factory=dict)
    phase: Phase = field(default_factory=Phase)


def first_case(fn: ProofFn, routine: Routine) -> Chosen:
    """The first combination of what a proof may choose among."""
    p = ConcreteProof(routine, 0, 0, 0)
    fn(p)
    phase = next(iter(Phase.all(p._d.align)))
    return Chosen({name: values[0] for name, values in p._d.choices.items()}, phase)


def attempt(fn: ProofFn, routine: Routine, case: Chosen, *, seconds: float = 30.0) -> Answer:
    """Runs on numbers, and then the engine, on a proof function; contracts are taken for what they say."""
    began = time.process_time()
    heads: set[int] = set()
    runs: list[Trial] = []
    for k, hint in enumerate((*LENGTHS, *VISITS)):
        if k >= len(LENGTHS) and all(any(len(a) > 2 for t in runs for a in t.heads.get(h, ())) for h in heads):
            break
        p = ConcreteProof(routine, 2000 + k, 2000 + k, hint, chosen=case.values, phase=case.phase)
        fn(p)
        heads = {inv.head for inv in p._d.invariants}
        t = run_trial(p, concrete_stepper)
        if t.rejected:
            continue
        if t.violation is not None:
            v = t.violation
            said = f"{v.claim}: {v.got} instead of {v.expected}, {v.detail}"
            return Answer([], time.process_time() - began, said)
        runs.append(t)
    new_table()
    q = SymbolicProof(routine, chosen=case.values, phase=case.phase)
    try:
        fn(q)
        engine = Engine(q, guess_loops((t.heads for t in runs), q.writable_cells), Budget(seconds=seconds))
        engine.run()
    except InputError as e:
        return Answer([], time.process_time() - began, str(e))
    return Answer(engine.obligations, time.process_time() - began)
