"""Rules of the engine that ask too little: what is false is `proved` then, and the audit, which asks again, refuses it.

`test_audit_planted.py` has more of them.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from planted_defects import Defect, Patch, Planted, an_edit, let_pass, object_of, symbol_of, x0
from refusing import ProofFn

from armsym.dsl import Bits, Claims, Proof, State, ite
from armsym.proof import bounds
from armsym.proof import havoc as havoc_module
from armsym.proof.abi import Interface
from armsym.proof.engine import branch_rule, explore, loop_rule
from armsym.proof.ledger import Ledger
from armsym.proof.locations import Cell, Flag, V, X
from armsym.proof.path import Knowledge
from armsym.proof.result import Status
from armsym.symbolic_memory import SymbolicMemory
from armsym.terms import ops
from armsym.terms.node import Value

#: A loop that runs n times, X2 counting down; what stands at its head.
LOOP = "subs x2, x2, #1\nb.ne 1b"


def _looped(claims: Callable[[Proof, State, Bits, Bits], Any], result: Callable[[Proof, Bits], Any]) -> ProofFn:
    """A number n of 1 to 5 in X2; the loop's claims, and what X0 is on return."""

    def says(p: Proof) -> None:
        n = p.nat("n", low=1, high=5)
        p.call(x2=n)

        @p.invariant(p.routine.back_edge(), upto=n)
        def _(s: State, i: Bits) -> Claims:
            return {"so far": claims(p, s, i, n)}

        p.ensures(lambda s: {"x0": s.x0 == result(p, n)})

    return says


def _nothing_is_claimed(p: Proof, s: State, i: Bits, n: Bits) -> Any:
    return s.x30 == p.entry.x30


def _of_a_number(result: Callable[[Bits], Bits | int], high: int = 3) -> ProofFn:
    """A number n in X2; what X0 is on return."""

    def says(p: Proof) -> None:
        n = p.nat("n", high=high)
        p.call(x2=n)
        p.ensures(lambda s: {"x0": s.x0 == result(n)})

    return says


def _kept(p: Proof) -> None:
    p.ensures(lambda s: {"x1": s.x1 == p.entry.x1})


def _with_a_buffer(size: int, claim: Callable[[Proof, State, Any], Any], *, written: bool = True) -> ProofFn:
    """A buffer at X0, which may change; or which is only read, byte by byte."""

    def says(p: Proof) -> None:
        a = p.region("a", size, access="rw") if written else p.region("a", size, access="r", cell=1)
        p.call(x0=a)
        if written:
            p.modifies(a)
        p.ensures(lambda s: {"said": claim(p, s, a)})

    return says


def _stack(result: Callable[[Proof], Bits]) -> ProofFn:
    def says(p: Proof) -> None:
        p.modifies(p.stack(16))
        p.ensures(lambda s: {"x0": s.x0 == result(p)})

    return says


def _a_lemma(p: Proof) -> None:
    n = p.nat("n", high=3)
    p.call(x2=n)
    p.lemma("n is nought", n == 0)
    p.ensures(lambda s: {"x0": s.x0 == 0})


def _each(p: Proof) -> None:
    n = p.nat("n", high=3)
    p.call(x2=n)
    p.each(p.routine.entry + 4, lambda s: s.x2, among=[0, 1])
    p.ensures(lambda s: {"x0": s.x0 == 1})


def _stored_at_a_number(p: Proof) -> None:
    n = p.nat("n", high=1)
    a = p.region("a", 16, access="rw")
    p.call(x0=a, x2=n)
    p.modifies(a)
    p.ensures(lambda s: {"x3": s.x3 == p.entry.x1})


def _counted_once(p: Proof) -> None:
    n = p.nat("n", low=1, high=5)
    a = p.region("a", 8, access="rw")
    p.call(x0=a, x2=n)
    p.modifies(a)

    @p.invariant(p.routine.back_edge(), upto=n)
    def _(s: State, i: Bits) -> Claims:
        return {"nothing": s.x30 == p.entry.x30}

    p.ensures(lambda s: {"a": a.words(64, at=s)[0] == a.words(64)[0] + 1})


def _at_the_head(p: Proof) -> None:
    """A loop that tests first: at its head the index is n, too."""
    n = p.nat("n", high=3)
    p.call(x2=n)

    @p.invariant(p.routine.back_edge(), upto=n, inclusive=True)
    def _(s: State, i: Bits) -> Claims:
        return {"x0": s.x0 == ite(i == 0, Bits(64, 1), Bits(64, 0))}

    p.ensures(lambda s: {"x0": s.x0 == 0})


def _read_and_branched_on(p: Proof) -> None:
    n = p.nat("n", low=1, high=5)
    a = p.region("a", n, access="r", cell=1)
    p.call(x1=a, x2=n)

    @p.invariant(p.routine.back_edge(), upto=n)
    def _(s: State, i: Bits) -> Claims:
        return {"nothing": s.x30 == p.entry.x30}

    p.ensures(lambda s: {"x4": s.x4 == p.entry.x4})


def _forgotten(*places: Any) -> Defect:
    """The loop rule leaves out what these places are at a head, and that a loop writes them."""

    def plant(patch: Patch) -> None:
        real = havoc_module.havoc

        def havoc(m: Any, guess: Any, index: Any) -> Any:
            for place in places:
                guess.writes.discard(place)
                guess.strides.pop(place, None)
                guess.halves.discard(place)
            return real(m, guess, index)

        patch.setattr(loop_rule, "havoc", havoc)
        patch.setattr(loop_rule, "wrote_beyond", lambda *_: None)

    return plant


def _inferred_to_stay(patch: Patch) -> None:
    """X0 is taken to be at the loop's head what it is on entry, and of no inference it is asked whether it holds."""
    real = havoc_module.havoc

    def havoc(m: Any, guess: Any, index: Any) -> Any:
        guess.strides[X(0)] = 0
        return real(m, guess, index)

    patch.setattr(loop_rule, "havoc", havoc)
    patch.setattr(havoc_module.Havoc, "wrong_candidates", lambda *_: None)


def _of_kind(kind: str) -> Defect:
    """Every claim of a kind is recorded as proved."""

    def plant(patch: Patch) -> None:
        real = Ledger.check_one

        def check_one(self: Any, path: Any, prop: Any, of: Any, name: str, label: str, *more: Any) -> Any:
            if of != kind:
                return real(self, path, prop, of, name, label, *more)
            self.record(of, name, Status.PROVED, "nobody")
            return True

        patch.setattr(Ledger, "check_one", check_one)

    return plant


def _of_leaks(without: str) -> Defect:
    """Leaks of a kind are not noted."""

    def plant(patch: Patch) -> None:
        real = Ledger.leak
        patch.setattr(
            Ledger, "leak", lambda self, path, kind, value: None if without in kind else real(self, path, kind, value)
        )

    return plant


def _low_halves(patch: Patch) -> None:
    """Words of 64 bits are equal where their low halves are."""
    real = ops.eq

    def low(v: Value) -> Value:
        return v & 0xFFFFFFFF if isinstance(v, int) else ops.extract(64, v, 0, 32)

    patch.setattr(ops, "eq", lambda w, a, b: real(32, low(a), low(b)) if w == 64 else real(w, a, b))


def _once(patch: Patch) -> None:
    """Only the first return is looked at."""
    real, seen = vars(explore)["returned"], []

    def returned(run: Any, path: Any, origin: Any) -> None:
        if run not in seen:
            seen.append(run)
            real(run, path, origin)

    patch.setattr(explore, "returned", returned)


def _released_is_kept(patch: Patch) -> None:
    patch.setattr(explore, "release", lambda *_: None)


PLANTED = {
    "the other way of a branch learns the same": Planted(
        "mov x0, #0\ncbz x2, 1f\nmov x0, x2\n1:",
        _of_a_number(lambda n: 0),
        an_edit(branch_rule, "part", "ops.xor(1, cond, 1)", "cond"),
    ),
    "paths share what they know": Planted(
        "mov x0, #0\ncbz x2, 1f\nmov x0, x2\n1:",
        _of_a_number(lambda n: 0),
        an_edit(
            Knowledge,
            "fork",
            "k = Knowledge(timeout_ms=self.timeout_ms, answers=self._answers, along=self._along)",
            "return self",
        ),
    ),
    "an undecided branch goes one way": Planted(
        "mov x0, #0\ncbz x2, 1f\nmov x0, #5\n1:",
        _of_a_number(lambda n: 5),
        an_edit(explore, "branch", "if known is not None:", "if True:"),
    ),
    "only the first return is looked at": Planted(
        "mov x0, #0\ncbz x2, 1f\nret\n1: mov x0, #1", _of_a_number(lambda n: 1), _once
    ),
    "the next iteration is claimed of the same index": Planted(
        "mov x0, #0\n1: " + LOOP,
        _looped(lambda p, s, i, n: s.x0 == i, lambda p, n: n - 1),
        an_edit(loop_rule, "_back_edge", "inv.claims(s, after)", "inv.claims(s, head.index)"),
        refused="not shown",
    ),
    "claims need not hold on entry": Planted(
        "1: " + LOOP,
        _looped(lambda p, s, i, n: s.x0 == 5, lambda p, n: 5),
        an_edit(loop_rule, "arrive", "run.ledger.check(", "(lambda *_: None)("),
    ),
    "claims need not hold again": Planted(
        "mov x0, #0\n1: add x0, x0, #1\n" + LOOP,
        _looped(lambda p, s, i, n: s.x0 == 0, lambda p, n: 1),
        an_edit(loop_rule, "_back_edge", "run.ledger.check(", "(lambda *_: None)("),
    ),
    "what is inferred need not hold again": Planted(
        "mov x0, #0\n1: add x4, x0, #0\nadd x0, x0, x2\n" + LOOP + "\nmov x0, x4",
        _looped(_nothing_is_claimed, lambda p, n: 0),
        _inferred_to_stay,
    ),
    "a loop's store is forgotten": Planted(
        "1: ldr x3, [x0]\nadd x3, x3, #1\nstr x3, [x0]\n" + LOOP, _counted_once, _forgotten(Cell("a", 0))
    ),
    "a loop's flags are forgotten": Planted(
        "cmp x1, x1\n1: cset x0, eq\n" + LOOP,
        _looped(_nothing_is_claimed, lambda p, n: 1),
        _forgotten(*map(Flag, "NZCV")),
    ),
    "a loop's vector register is forgotten": Planted(
        "movi v0.2d, #0\n1: umov x0, v0.d[0]\nmov v0.d[0], x2\n" + LOOP,
        _looped(_nothing_is_claimed, lambda p, n: 0),
        _forgotten(V(0)),
    ),
    "an index that may be the last is taken to be another": Planted(
        "mov x0, #1\n1: cbz x2, 2f\nmov x0, #0\ncmp x2, #1\nb.eq 2f\nsub x2, x2, #1\nb 1b\n2:",
        _at_the_head,
        an_edit(loop_rule, "iterate", "i <= inv.upto if inv.inclusive else i < inv.upto", "i < inv.upto"),
        refused="not shown",
    ),
    "that a loop ends is not asked": Planted(
        "mov x0, #0\n1: subs x2, x2, #2\nb.ne 1b",
        _looped(_nothing_is_claimed, lambda p, n: 0),
        _of_kind("termination"),
        refused="index",
    ),
    "an access may begin at the end": Planted(
        "ldrb w1, [x0, #8]",
        _with_a_buffer(8, lambda p, s, a: s.x2 == p.entry.x2, written=False),
        an_edit(bounds, "_inside", "hi <= region.size.uint", "lo <= region.size.uint"),
        refused="a",
    ),
    "SP need not be restored": Planted(
        "sub sp, sp, #16",
        _stack(lambda p: p.entry.x0),
        an_edit(explore, "returned", "m.sp == p.sp0", "m.sp == m.sp"),
        refused="SP is not what it was",
    ),
    "one register need not be preserved": Planted(
        "mov x23, x1", _kept, an_edit(Interface, "pairs", "sorted(self.x)", "sorted(self.x - {23})")
    ),
    "one vector register need not be preserved": Planted(
        "movi v11.2d, #0", _kept, an_edit(Interface, "pairs", "sorted(self.d)", "sorted(self.d - {11})")
    ),
    "words are equal where their low halves are": Planted("mov w0, w1", x0(lambda e: e.x1), _low_halves),
    "a secret address is not noted": Planted(
        "and x1, x1, #255\nldrb w2, [x0, x1]",
        _with_a_buffer(256, lambda p, s, a: s.x3 == p.entry.x3, written=False),
        _of_leaks("address"),
        refused="secret",
    ),
    "what is public on entry is taken to stay so": Planted(
        "mov w3, #0\n1: cbnz w3, 2f\n2: ldrb w3, [x1], #1\n" + LOOP,
        _read_and_branched_on,
        an_edit(havoc_module.Havoc, "not_public", "if not wrong:", "if True:"),
        refused="secret",
    ),
    "what lies below SP is taken to stay": Planted(
        "str x1, [sp, #-16]!\nadd sp, sp, #16\nsub sp, sp, #16\nldr x0, [sp], #16",
        _stack(lambda p: p.entry.x1),
        _released_is_kept,
        because="a signal handler may write there",
    ),
    "a lemma is not shown": Planted("mov x0, x2", _a_lemma, _of_kind("lemma")),
    "that a value is among others is not asked": Planted(
        "nop\ncmp x2, #2\ncset x0, lo",
        _each,
        an_edit(explore, "tell_apart", "if not run.ledger.check_one(", "if not (lambda *_: True)("),
    ),
    "a store is lost": Planted(
        "str x1, [x0]",
        _with_a_buffer(8, lambda p, s, a: a.words(64, at=s)[0] == a.words(64)[0]),
        an_edit(SymbolicMemory, "store", "self.poke(region, symbolic, k, value)", "pass"),
    ),
    "a store of two words is one of the first": Planted(
        "stp q1, q2, [x0]",
        _with_a_buffer(32, lambda p, s, a: a.words(64, at=s)[3] == a.words(64)[3]),
        an_edit(SymbolicMemory, "poke", "range(value.width // 8)", "range(min(8, value.width // 8))"),
    ),
    "what was stored is not loaded": Planted(
        "ldr x2, [x0]\nstr x1, [x0]\nldr x2, [x0]",
        _with_a_buffer(8, lambda p, s, a: s.x2 == a.words(64)[0]),
        an_edit(SymbolicMemory, "load", "self.peek(region", "self.on_entry(region"),
    ),
    "stores at a known and an unknown offset are apart": Planted(
        "str x1, [x0]\nstr xzr, [x0, x2, lsl #3]\nldr x3, [x0]",
        _stored_at_a_number,
        an_edit(SymbolicMemory, "_apart", "if self.disjoint is None", "return True\n    if self.disjoint is None"),
        refused="may or may not have been stored to",
    ),
}


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return object_of(PLANTED, tmp_path_factory.mktemp("planted") / "engine.o")


@pytest.mark.parametrize("name", PLANTED)
def test_what_the_engine_forgets_to_ask_the_audit_asks(name: str, path: Path) -> None:
    said = let_pass(PLANTED[name], path, symbol_of(name))
    assert all(PLANTED[name].refused in one for one in said), said
