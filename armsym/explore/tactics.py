"""What may be tried at a point of a proof, as lines of the DSL: claims, cuts, invariants, splits, lemmas."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from armsym.bits import Bits
from armsym.errors import InputError
from armsym.proof.declare import Proof
from armsym.proof.handles import Claims
from armsym.proof.loops import Loop, Routine
from armsym.proof.state import State
from armsym.suggest.scope import Scope, captured
from armsym.suggest.shape import loop_text
from armsym.suggest.trying import together

__all__ = ["KINDS", "Tactic", "parsed", "with_tactics"]

ProofFn = Callable[[Proof], None]

#: What may be typed before an expression, and what it does.
KINDS = {
    "claim": "is this true here, on every path that comes here?",
    "cut": "prove it here, and go on from it: p.cut",
    "invariant": "add it to the invariant of the loop around",
    "split": "prove each iteration of the loop around for it true and false: p.split",
    "lemma": "a consequence of the preconditions: p.lemma",
}
#: The name that what is tried has among obligations.
NAME = "tried"


@dataclass(frozen=True)
class Tactic:
    """`kind` is one of `KINDS`, `text` its expression; `at` the point, `head` that of the loop around it, if any."""

    kind: str
    text: str
    at: int
    head: int | None
    name: str = NAME

    @property
    def indexed(self) -> bool:
        """Whether it speaks of the iteration i."""
        return "i" in {n.id for n in ast.walk(ast.parse(self.text, mode="eval")) if isinstance(n, ast.Name)}

    def lines(self, routine: Routine, *, existing: bool = False) -> list[str]:
        """The lines of a proof that say it; with `existing` the claim alone, for what stands at that point already."""
        claim = f'"{self.name}": {self.text}'
        place = f"p.routine.entry + {self.at - routine.entry:#x}" if self.at >= routine.entry else f"{self.at:#x}"
        if self.kind == "lemma":
            return [f'p.lemma("{self.name}", {self.text})']
        if self.kind == "split":
            return [f"p.split({self._loop(routine)}, lambda s, i: {self.text})"]
        if self.kind == "invariant" or existing:
            return [f"{claim},"]
        if self.indexed:
            head, parameters = f"@p.cut_within({self._loop(routine)}, {place})", "s: State, i: Bits"
        else:
            head, parameters = f"@p.cut({place})", "s: State"
        return [head, f"def _({parameters}) -> Claims:", f"    return {{{claim}}}"]

    def _loop(self, routine: Routine) -> str:
        return loop_text(routine, self.loop(routine))

    def loop(self, routine: Routine) -> Loop:
        """The loop around; raises `InputError` where there is none with an invariant."""
        found = next((x for x in routine.all_loops if x.head == self.head), None)
        if found is None:
            raise InputError(f"{self.kind}: this point is in no loop that has an invariant")
        return found

    def declare(self, p: Proof, scope: Scope) -> None:
        """Add it to a proof that was declared."""
        if self.kind == "lemma":
            p.lemma(self.name, scope.value(self.text))
        elif self.kind == "split":
            p.split(self.loop(p.routine), lambda s, i: scope.value(self.text, s=s, i=i))
        elif self.kind == "invariant":
            self._join(p, scope)
        else:
            self._cut(p, scope)

    def _join(self, p: Proof, scope: Scope) -> None:
        inv = next((x for x in p._d.invariants if x.head == self.head), None)
        if inv is None:
            raise InputError("invariant: this point is in no loop that has one: `armsym suggest` proposes one")
        own = inv.claims
        inv.claims = lambda s, i: together(own(s, i), {self.name: scope.value(self.text, s=s, i=i)})

    def _cut(self, p: Proof, scope: Scope) -> None:
        known = next((c for c in p._d.cuts if c.at == self.at), None)
        if known is not None:
            own = known.claims
            known.claims = lambda s, k: together(own(s, k), {self.name: scope.value(self.text, s=s, i=k)})
        elif self.indexed:

            @p.cut_within(self.loop(p.routine), self.at)
            def _(s: State, i: Bits) -> Claims:
                return {self.name: scope.value(self.text, s=s, i=i)}
        else:

            @p.cut(self.at)
            def _(s: State) -> Claims:
                return {self.name: scope.value(self.text, s=s)}


def parsed(typed: str, at: int | None, head: int | None) -> Tactic:
    """`claim s.x5 == n - i`, typed at a point; raises `InputError` for what is no such line."""
    kind, _, text = typed.strip().partition(" ")
    if kind not in KINDS:
        raise InputError(f"{kind or 'nothing'}: type {', '.join(KINDS)} and an expression of the DSL, of s and i")
    try:
        ast.parse(text.strip(), mode="eval")
    except SyntaxError as e:
        raise InputError(f"{text.strip() or 'nothing'}: not an expression: {e.msg}") from None
    if at is None:
        raise InputError("the routine has returned here: what holds then is said by p.ensures")
    if kind in ("split", "invariant") and head is None:
        raise InputError(f"{kind}: this point is in no loop that has an invariant")
    return Tactic(kind, text.strip(), at, head)


def with_tactics(fn: ProofFn, tactics: Sequence[Tactic], then: Callable[[Proof, Scope], None] | None = None) -> ProofFn:
    """The proof function with these lines at its end, and then what `then` adds."""

    def more(p: Proof) -> None:
        scope = captured(fn, p)
        for t in tactics:
            t.declare(p, scope)
        if then is not None:
            then(p, scope)

    return more
