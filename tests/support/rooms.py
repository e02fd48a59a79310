"""Small states for the tests of single rooms of the engine: machines of variables, paths, short routines."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path as File

from assembling import assembled

from armsym.bits import Bits, Prop
from armsym.dsl import Proof
from armsym.elf import Image, load
from armsym.machine import NZCV, Machine
from armsym.proof.engine import Budget, Engine
from armsym.proof.folds import FoldValues
from armsym.proof.havoc import LoopGuess
from armsym.proof.loops import Routine
from armsym.proof.path import Knowledge, Path
from armsym.proof.symbolic import SymbolicProof
from armsym.symbolic_memory import SymbolicMemory, SymbolicRegion, variable
from armsym.terms.evaluate import Evaluator
from armsym.terms.node import Term, Value, Var, ones
from semantics import A64

__all__ = ["BUDGET", "EDGES", "engine", "image", "machine", "number", "path", "public", "region", "secret", "var"]

#: 64-bit numbers at which conditions change: 0, 1, a word, the signed limits, all ones.
EDGES = (0, 1, 2, 7, 8, 9, (1 << 63) - 1, 1 << 63, (1 << 64) - 8, (1 << 64) - 1)

BUDGET = Budget(seconds=20, steps=5000, paths=200, claim_ms=2000)


def public(name: str, width: int = 64, possible: int | None = None) -> Bits:
    """A public variable."""
    return variable(name, width, secret=False, possible=possible)


def secret(name: str, width: int = 64) -> Bits:
    """A secret variable."""
    return variable(name, width, secret=True)


def var(b: Bits) -> Var:
    """The variable that a vector is."""
    assert isinstance(b.value, Var)
    return b.value


def number(v: Value | Bits, values: Mapping[Var, int]) -> int:
    """What a value is where the variables have these values; content of memory on entry is a mix of its offset."""

    def content(name: str, width: int, _: tuple[int, ...], args: tuple[int, ...]) -> int:
        return sum((len(name) + 7 * k + a) * 0x9E37_79B9_7F4A_7C15 for k, a in enumerate(args)) & ones(width)

    return Evaluator(values, content)(v.value if isinstance(v, Bits) else v)


def region(name: str, size: Bits | int, *, cell: int = 8, access: str = "rw") -> SymbolicRegion:
    """A region at an address of its own."""
    length = Bits(64, size) if isinstance(size, int) else size
    base = variable(name, 64, secret=False).value
    assert isinstance(base, Term)
    return SymbolicRegion(name, base, length, access, cell=cell)


def machine(*regions: SymbolicRegion) -> Machine:
    """A machine each of whose registers and flags is a variable."""
    return Machine(
        x=[secret(f"x{n}_in") for n in range(31)],
        sp=public("sp0"),
        v=[secret(f"v{n}_in", 128) for n in range(32)],
        nzcv=NZCV.of(*(Prop._of(secret(f"{c}_in", 1).value) for c in "NZCV")),
        pc=Bits(64, 0),
        memory=SymbolicMemory(list(regions)),
    )


def path(m: Machine, *facts: Prop, at: int = 0) -> Path:
    """A path on which the machine has come to `at`, and the facts are known."""
    return Path(m, Knowledge([f.bit.value for f in facts]), at, FoldValues())


def image(code: str) -> Image:
    """An object file whose function f is this code."""
    text = f".arch armv8.4-a\n.text\n.global f\n.type f,%function\nf:\n{code}\n.size f,.-f\n"
    with tempfile.TemporaryDirectory(prefix="armsym-room-") as folder:
        file = File(folder) / "f.o"
        file.write_bytes(assembled(text))
        return load(os.fspath(file))


def engine(
    code: str,
    fn: Callable[[Proof], None],
    guesses: Mapping[int, LoopGuess] | None = None,
    *,
    budget: Budget = BUDGET,
) -> Engine:
    """The symbolic run of a proof of f, not yet started."""
    p = SymbolicProof(Routine(image(code), A64, "f"))
    fn(p)
    return Engine(p, dict(guesses or {}), budget)
