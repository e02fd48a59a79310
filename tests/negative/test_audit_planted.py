"""Defects in armsym under which a false statement is `proved`: the audit lets none of them pass.

Each case is a routine of a few words that does not do what its proof says, and a defect of the kind that a proof
rests on: in the normal form, the engine, the semantics.  With the defect the proof closes; still no bundle of it
checks.  `test_audit_planted_terms.py`, `_semantics.py` and `_engine.py` have many more, in routines of their own.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from planted_defects import proved, refusals
from planting import rewritten
from refusing import ProofFn

from armsym.audit.elf import Elf
from armsym.dsl import Claims, Proof, State
from armsym.proof import havoc as havoc_module
from armsym.proof import ledger
from armsym.proof.abi import Interface
from armsym.proof.engine import explore, loop_rule, return_rule
from armsym.proof.engine.branch_rule import learn
from armsym.proof.locations import X
from armsym.proof.result import Status
from armsym.terms import ops
from crypto_examples.own_memcmp import proof as own
from semantics.data_processing_immediate.add_sub_immediate import AddSubImmediate
from semantics.data_processing_register.conditional_select import ConditionalSelect
from semantics.data_processing_register.logical_shifted_register import LogicalShiftedRegister

ROOT = Path(__file__).resolve().parents[2]
OBJECT = ROOT / "crypto_examples" / "own_memcmp" / "memcmp.o"
SYMBOL = "armsym_ct_memcmp"
RET = 0xD65F03C0

Patch = pytest.MonkeyPatch


def _written(folder: Path, words: dict[int, int]) -> Path:
    """The object file with words of its routine replaced, by their place in it."""
    data = bytearray(OBJECT.read_bytes())
    code = Elf.read(OBJECT)
    first = code.word(code.symbol(SYMBOL)[0])
    start = data.index(first.to_bytes(4, "little"))
    for k, word in words.items():
        data[start + 4 * k : start + 4 * k + 4] = word.to_bytes(4, "little")
    path = folder / "changed.o"
    path.write_bytes(data)
    return path


def _memcmp(p: Proof) -> None:
    own.armsym_ct_memcmp(p)


# -- routines and what is falsely said of them; then the defects ----------------------------------


def _short(p: Proof) -> None:
    """As if one byte less of the second string were read."""
    n = p.nat("len", low=1, high=2**50)
    a, b = p.region("a", n, access="r", cell=1), p.region("b", n - 1, access="r", cell=1)
    p.call(x0=a, x1=b, x2=n)

    @p.invariant(p.routine.back_edge(), upto=n, inclusive=True)
    def _(s: State, i: Any) -> Claims:
        return {"nothing": s.x30 == p.entry.x30}

    p.ensures(lambda s: {"one bit": s.x0 >> 1 == 0})


def _always_equal(p: Proof) -> None:
    """As if all strings were equal."""
    n = p.nat("len", high=2**50)
    a, b = p.region("a", n, access="r", cell=1), p.region("b", n, access="r", cell=1)
    p.call(x0=a, x1=b, x2=n)

    @p.invariant(p.routine.back_edge(), upto=n, inclusive=True)
    def _(s: State, i: Any) -> Claims:
        return {"nothing": s.x30 == p.entry.x30}

    p.ensures(lambda s: {"equal": s.w0 == 0})


def _kept(p: Proof) -> None:
    """That the first argument, a buffer of eight bytes, is returned, and nothing written."""
    a = p.region("a", 8, access="rw")
    p.call(x0=a)
    p.ensures(lambda s: {"kept": s.x0 == a.base})


def _below(p: Proof) -> None:
    a = p.region("a", 8, access="rw")
    p.call(x0=a)
    p.modifies(p.stack(16))
    p.ensures(lambda s: {"kept": s.x0 == a.base})


def _nought(p: Proof) -> None:
    n = p.nat("n", high=1000)
    p.call(x0=n)
    p.ensures(lambda s: {"nought": s.x0 == 0})


def _rotated(p: Proof) -> None:
    p.ensures(lambda s: {"rotated": s.x0 == p.entry.x0.ror(16)})


def _or_is_xor(patch: Patch) -> None:
    patch.setattr(ops, "or_", ops.xor)


def _ror_is_nothing(patch: Patch) -> None:
    patch.setattr(ops, "ror", lambda w, a, n: a)


def _an_edit(owner: type, old: str, new: str) -> Callable[[Patch], None]:
    def plant(patch: Patch) -> None:
        patch.setattr(owner, "execute", rewritten(vars(owner)["execute"], old, new))

    return plant


def _claims_hold(patch: Patch) -> None:
    def check_one(self: Any, path: Any, prop: Any, kind: Any, name: str, label: str) -> None:
        self.record(kind, name, Status.PROVED, "nobody")

    patch.setattr(ledger.Ledger, "check_one", check_one)


def _bounds_hold(patch: Patch) -> None:
    patch.setattr(return_rule, "check_bounds", lambda *_: [])


def _nothing_preserved(patch: Patch) -> None:
    patch.setattr(Interface, "pairs", lambda *_: iter(()))


def _no_frame(patch: Patch) -> None:
    def frame(run: Any, path: Any) -> None:
        run.ledger.record("frame", "nothing else is written", Status.PROVED, "nobody")

    patch.setattr(return_rule, "_frame", frame)


def _no_leaks(patch: Patch) -> None:
    patch.setattr(ledger.Ledger, "leak", lambda *_: None)


def _below_sp_is_fine(patch: Patch) -> None:
    patch.setattr(explore, "check_accesses", lambda *_: None)


def _one_way_only(patch: Patch) -> None:
    def one(run: Any, path: Any, to: Any, origin: Any) -> Any:
        learn(run, path, to.cond.bit.value, origin)
        return to.taken

    patch.setattr(explore, "branch", one)


def _x3_is_forgotten(patch: Patch) -> None:
    real = havoc_module.havoc

    def havoc(m: Any, guess: Any, index: Any) -> Any:
        guess.writes.discard(X(3))
        guess.strides.pop(X(3), None)
        return real(m, guess, index)

    patch.setattr(loop_rule, "havoc", havoc)
    patch.setattr(loop_rule, "wrote_beyond", lambda *_: None)


#: name -> (the statement, the words that are changed, the defect).
CASES: dict[str, tuple[ProofFn, dict[int, int], Callable[[Patch], None]]] = {
    "terms: OR is XOR": (_memcmp, {5: 0x4A040063}, _or_is_xor),  # eor w3, w3, w4
    "terms: a rotation does nothing": (_rotated, {0: 0x93C02000, 1: RET}, _ror_is_nothing),  # ror x0, x0, #8
    "engine: every claim holds": (_memcmp, {9: 0x1A9F17E0}, _claims_hold),  # cset w0, eq
    "engine: bounds are not looked at": (_short, {}, _bounds_hold),
    "engine: callee-saved registers are left out": (_kept, {0: 0xAA0003F3, 1: RET}, _nothing_preserved),  # mov x19, x0
    "engine: the frame is not looked at": (_kept, {0: 0xF900001F, 1: RET}, _no_frame),  # str xzr, [x0]
    "engine: secrets may be branched on": (_kept, {0: 0x39400004, 1: 0x34000044, 2: 0xD503201F, 3: RET}, _no_leaks),
    "engine: stores below SP are fine": (_below, {0: 0xF81F03E0, 1: RET}, _below_sp_is_fine),  # stur x0, [sp, #-16]
    "engine: a branch is followed one way": (_nought, {0: 0xB4000040, 1: 0xD2800020, 2: RET}, _one_way_only),
    "semantics: AND is EOR": (
        _memcmp,
        {4: 0x0A050084},  # and w4, w4, w5
        _an_edit(LogicalShiftedRegister, "operand1 & operand2", "operand1 ^ operand2"),
    ),
    "semantics: ORN forgets to invert": (
        _memcmp,
        {5: 0x2A240063},  # orn w3, w3, w4
        _an_edit(LogicalShiftedRegister, "~operand2", "operand2"),
    ),
    "semantics: an immediate is not shifted": (
        _memcmp,
        {6: 0xD1400442},  # sub x2, x2, #1, lsl #12
        _an_edit(AddSubImmediate, "operand2 = self.immediate", "operand2 = Bits(64 if self.sf else 32, self.imm12)"),
    ),
    "semantics: a choice is the other way": (
        _memcmp,
        {9: 0x1A9F17E0},  # cset w0, eq
        _an_edit(ConditionalSelect, "ConditionHolds(self.cond, m)", "~ConditionHolds(self.cond, m)"),
    ),
    "engine: havoc forgets a location": (_always_equal, {}, _x3_is_forgotten),
}


@pytest.mark.parametrize("name", CASES)
def test_what_a_defect_lets_pass_the_audit_refuses(name: str, tmp_path: Path) -> None:
    fn, words, defect = CASES[name]
    path = _written(tmp_path, words)
    with pytest.MonkeyPatch.context() as patch:
        status, _, _ = proved(fn, path, SYMBOL, patch)
    assert status is not Status.PROVED, "without the defect it is not proved"
    with pytest.MonkeyPatch.context() as patch:
        defect(patch)
        status, bundle, open_ = proved(fn, path, SYMBOL, patch)
    assert status is Status.PROVED, "the defect lets it pass"
    assert open_, "what is false has no bundle that checks"
    assert refusals(bundle, path)
