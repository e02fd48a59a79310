"""Routines that do not do what is said of them, defects of armsym that have it `proved`, and what the audit says.

The routines of a table are assembled together, once, each under a name of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from assembling import assembled
from planting import rewritten
from refusing import ProofFn, _silent, without_search

import armsym.proof.known
import armsym.proof.ledger
import armsym.proof.run
import armsym.proof.trials
from armsym.audit.audit import audit
from armsym.audit.bundle import Bundle
from armsym.audit.elf import Elf
from armsym.audit.text import read, write
from armsym.certify.export import Exporter
from armsym.dsl import Bits, Proof, State
from armsym.elf import load
from armsym.proof.result import Status
from armsym.proof.run import prove
from armsym.terms.rules import RULES
from semantics import A64

__all__ = [
    "ALL",
    "Defect",
    "Patch",
    "Planted",
    "an_edit",
    "let_pass",
    "object_of",
    "of_a_rule",
    "of_words",
    "proved",
    "refusals",
    "symbol_of",
    "v0",
    "x0",
]

Patch = pytest.MonkeyPatch
Defect = Callable[[Patch], None]


@dataclass(frozen=True)
class Planted:
    """A routine in assembly (RET is added), a statement that is false of it, and the defect that has it proved."""

    code: str
    says: ProofFn
    defect: Defect
    #: Part of what the auditor refuses.
    refused: str = "not shown equal"
    #: Why the statement is false, where no run shows it: then it is only seen not to be proved without the defect.
    because: str = ""


#: A word any bit of which may be 1.
ALL = (1 << 64) - 1


def x0(value: Callable[[State], Bits] | int) -> ProofFn:
    """The statement that on return X0 is a function of the state on entry, or a number."""

    def says(p: Proof) -> None:
        p.ensures(lambda s: {"x0": s.x0 == (value if isinstance(value, int) else value(p.entry))})

    return says


def v0(value: Callable[[State], Bits] | int) -> ProofFn:
    """The same of V0."""

    def says(p: Proof) -> None:
        p.ensures(lambda s: {"v0": s.v0 == (value if isinstance(value, int) else value(p.entry))})

    return says


def of_words(value: Callable[[Bits, Bits], Bits | int], possible: int = ALL) -> ProofFn:
    """The statement that on return X0 is a function of two public words in X1 and X2, which have only these bits."""

    def says(p: Proof) -> None:
        a = p.word("a", 64, public=True, possible=possible)
        b = p.word("b", 64, public=True, possible=possible)
        p.call(x1=a, x2=b)
        p.ensures(lambda s: {"x0": s.x0 == value(a, b)})

    return says


def an_edit(owner: object, name: str, old: str, new: str) -> Defect:
    """In the function `name` of a module or class `old` is written as `new`."""

    def plant(patch: Patch) -> None:
        original = vars(owner)[name]
        patch.setattr(owner, name, rewritten(original, old, new))

    return plant


def of_a_rule(name: str, old: str, new: str) -> Defect:
    """In a named rule of the normal form `old` is written as `new`."""

    def plant(patch: Patch) -> None:
        rule = RULES[name]
        patch.setattr(rule, "apply", rewritten(rule.apply, old, new))

    return plant


def symbol_of(name: str) -> str:
    """What the routine of a case is called in the object file."""
    return "f_" + "".join(c if c.isalnum() else "_" for c in name)


def object_of(cases: Mapping[str, Planted], path: Path) -> Path:
    """The routines of a table, assembled to a file."""
    lines = [".arch armv8.4-a+crypto+sm4+sha3", ".text"]
    for name, case in cases.items():
        symbol = symbol_of(name)
        lines += [f".globl {symbol}", f".type {symbol}, %function", ".p2align 2", f"{symbol}:", case.code, "ret"]
        lines += [f".size {symbol}, . - {symbol}"]
    path.write_bytes(assembled("\n".join(lines) + "\n"))
    return path


def proved(fn: ProofFn, path: Path, symbol: str, patch: Patch) -> tuple[Status, Bundle, list[str]]:
    """What the symbolic proof says, the bundle of it, and what stays open in that."""
    patch.setattr(armsym.proof.trials, "_broken", lambda *_, **__: None)
    patch.setattr(armsym.proof.run, "run_trial", _silent)
    without_search(patch)
    exporter = Exporter(symbol, str(path))
    result = prove(fn, name="f", image=load(str(path)), symbol=symbol, isa=A64, observe=exporter.observe)
    bundle = Bundle("f", symbol, str(path), result.file_sha256, "a test", "a test")
    return result.status, bundle, exporter.finish(bundle)


def refusals(bundle: Bundle, path: Path) -> list[str]:
    """What the audit refuses in a bundle, read from its text; with hints as they are, and with hints made anew.

    As if the bundle lacked no words, for what is missing is to be missed by the audit itself.  AssertionError where it
    is audited.
    """
    elf = Elf.read(path)
    assert bundle.cases, f"there is nothing to audit: {bundle.missing}"
    said = []
    for made_anew in (False, True):
        again = read(write(replace(bundle, missing=[])))
        if made_anew:
            Exporter(bundle.symbol, str(path), again.cases, as_they_stand=True).finish(replace(again, cases=[]))
        verdict = audit(again, elf, elf.symbol(bundle.symbol)[0])
        assert not verdict.audited, "what is false is audited"
        said += verdict.refused
    return said


def let_pass(case: Planted, path: Path, symbol: str) -> list[str]:
    """What the audit refuses of a statement that the defect alone has proved.

    AssertionError where a run does not show it to be false, where it is not proved with the defect, and where the
    bundle of that leaves nothing open, or is audited.
    """
    sound = prove(case.says, name="f", image=load(str(path)), symbol=symbol, isa=A64)
    if case.because:
        assert sound.status is Status.UNDECIDED, f"{case.because}: {sound.status}"
    else:
        assert sound.status is Status.REFUTED, f"a run shows that it is false: {sound.status}"
    with Patch.context() as patch:
        case.defect(patch)
        # (The engine looks a second time, at some numbers: which lies it sees so is not the point.)
        patch.setattr(armsym.proof.ledger, "fails_somewhere", lambda _: False)
        patch.setattr(armsym.proof.known.Question, "fails", lambda *_: False)
        status, bundle, open_ = proved(case.says, path, symbol, patch)
    assert status is Status.PROVED, "the defect has it proved"
    assert open_, "what is false has no bundle that checks"
    return refusals(bundle, path)
