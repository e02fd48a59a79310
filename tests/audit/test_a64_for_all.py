"""The audit's semantics and armsym's on unknown registers, flags and memory: Z3 finds no values for which they differ.

Raw programs become bit vectors here, by a translation of their own; armsym's terms by its bridge.  S-boxes are one
unknown function to both.  Where Z3 gives up (products mostly) nothing is shown: `test_a64_armsym` compares numbers.
"""

from __future__ import annotations

import random
from collections import Counter
from typing import Any

import pytest
import z3
from audited import Executor, Recorder, planted, run, words_of

from armsym.audit.a64 import FORMS
from armsym.audit.decode import execute
from armsym.audit.evaluate import operands
from armsym.audit.form import Form
from armsym.audit.functions import entries
from armsym.audit.machine import Branch, Indirect, Step
from armsym.audit.raw import ones
from armsym.bits import Bits, Prop
from armsym.conform.pcode.interpreter import load, store
from armsym.conform.unicorn_oracle import WORD_PC
from armsym.discharge.z3_bridge import Bridge
from armsym.isa import Instruction
from armsym.machine import NZCV, Machine
from armsym.terms import Var, var
from semantics import A64

#: Z3's steps for one word.
EFFORT = 2_000_000
#: And for one of `NOT_ALWAYS`.
LITTLE = 300_000
WORDS = 3

#: Forms of which Z3 is not asked, since it gives up: products of unknowns, and sums of many.
NOT_ASKED = {
    *("MADD, MSUB", "UMULH", "SMADDL, SMSUBL, UMADDL, UMSUBL", "MUL, MLA, MLS (vector)", "SQDMULH, SQRDMULH"),
    *("SMULL, UMULL, SMLAL, UMLAL, SMLSL, UMLSL", "vector product (by element)"),
    *("SHA1C", "SHA256H", "SHA256H2", "SHA512H"),
}
#: Forms of which it does not decide every word: accesses at sums of two registers, a minimum of many.
NOT_ALWAYS = {
    *("LDR, STR (register offset)", "LD1 to LD4, ST1 to ST4 (post-index)"),
    "ADDV, SADDLV, UADDLV, SMAXV, UMAXV, SMINV, UMINV",
}


class _Loads:
    """The memory of armsym's run: each load a variable; accesses in order."""

    def __init__(self) -> None:
        self.log: list[tuple[Bits, Var | Bits]] = []

    def load(self, address: Bits, size: int) -> Bits:
        t = var(f"load{len(self.log)}", 8 * size)
        self.log.append((address, t))
        return Bits(8 * size, t)

    look = load

    def store(self, address: Bits, value: Bits) -> None:
        self.log.append((address, value))

    def fork(self) -> _Loads:
        raise NotImplementedError


class _Both:
    """One initial state, for armsym as terms and for the audit as Z3's bit vectors."""

    def __init__(self) -> None:
        self.bridge = Bridge()
        #: The table behind an S-box: armsym computes what it is of a constant.
        self.facts: list[Any] = []
        names = [f"x{n}" for n in range(31)]
        self.terms = {n: var(n, 64) for n in names} | {f"v{n}": var(f"v{n}", 128) for n in range(32)}
        self.terms |= {"sp": var("sp", 64, possible=ones(64) - 15)} | {n: var(n, 1) for n in "nzcv"}
        self.array = z3.Array("memory", z3.BitVecSort(64), z3.BitVecSort(8))

    def input(self, name: str) -> Any:
        """An input of the audit's program."""
        return z3.BitVecVal(0, 64) if name == "image" else self.bridge(self.terms[name], self.terms[name].width)

    def armsym(self, i: Instruction) -> dict[str, Any]:
        """What armsym says of registers, flags, memory and the next address."""
        t, memory = self.terms, _Loads()
        m = Machine(
            x=[Bits(64, t[f"x{n}"]) for n in range(31)],
            sp=Bits(64, t["sp"]),
            v=[Bits(128, t[f"v{n}"]) for n in range(32)],
            nzcv=NZCV.of(*(Prop(t[n]) for n in "nzcv")),
            pc=Bits(64, WORD_PC),
            memory=memory,
        )
        i.execute(m)
        array = self.array
        known: list[tuple[Any, Any]] = []

        def of(b: Bits) -> Any:
            return z3.substitute(self.bridge(b.value, b.width), *known) if known else self.bridge(b.value, b.width)

        for address, what in memory.log:
            if isinstance(what, Var):
                known.append((self.bridge(what, what.width), load(array, of(address), what.width // 8)))
            else:
                array = store(array, of(address), of(what))
        out = {f"x{n}": of(m.x[n]) for n in range(31)} | {f"v{n}": of(m.v[n]) for n in range(32)}
        out |= {"sp": of(m.sp), "memory": array}
        out |= {n: of(flag.bit) for n, flag in zip("nzcv", (m.nzcv.N, m.nzcv.Z, m.nzcv.C, m.nzcv.V), strict=True)}
        out["pc"] = z3.BitVecVal(WORD_PC + 4, 64)
        if m.branch_target is not None:
            target, taken = of(m.branch_target), m.branch_condition
            out["pc"] = target if taken is None else z3.If(of(taken.bit) == 1, target, out["pc"])
        return out

    def audit(self, m: Recorder, step: Step) -> dict[str, Any]:
        """What the audit says of the same."""
        known: dict[int, Any] = {}
        w, array = m.words, self.array
        for node in range(1, len(w.program)):
            known[node] = self._translated(m, node, known)

        def of(node: int, width: int) -> Any:
            return _fitted(known[node], width)

        for address, size, value in m.stores:
            array = store(array, of(address, 64), of(value, 8 * size))
        out = {f"x{n}": of(m.x(n), 64) if n in m._x else self.input(f"x{n}") for n in range(31)}
        for n in range(32):
            lanes = m._v.get(n)
            if lanes is None:
                out[f"v{n}"] = self.input(f"v{n}")
            else:
                parts = [of(word, lanes.width) for word in reversed(lanes.words)]
                out[f"v{n}"] = parts[0] if len(parts) == 1 else z3.Concat(*parts)
        out |= {"sp": of(m.sp, 64) if m._sp is not None else self.input("sp"), "memory": array}
        f = m.flags
        out |= {name: of(node, 1) for name, node in zip("nzcv", (f.n, f.z, f.c, f.v), strict=True)}
        if isinstance(step, Branch):
            taken, other = z3.BitVecVal(step.taken, 64), z3.BitVecVal(step.otherwise, 64)
            out["pc"] = z3.If(of(step.condition, 1) == 1, taken, other)
        else:
            out["pc"] = of(step.target, 64) if isinstance(step, Indirect) else z3.BitVecVal(step, 64)
        return out

    def _translated(self, m: Recorder, node: int, known: dict[int, Any]) -> Any:
        """The value of an instruction as a bit vector of as many bits as it may have."""
        w = m.words
        x = w.program[node]
        width = max(w.reach(node).bit_length(), 1)
        kind = x[0]
        args = [known[a] for a in operands(x)]
        if kind == "Const":
            return z3.BitVecVal(x[1], width)
        if kind == "Var":
            if not x[1].startswith("load "):
                return self.input(x[1])
            address, size, _ = m.loads[int(x[1][5:])]
            return load(self.array, _fitted(known[address], 64), size)
        if kind == "Xor":
            return _fitted(args[0], width) ^ _fitted(args[1], width)
        if kind == "And":
            return _fitted(args[0], width) & _fitted(args[1], width)
        if kind == "Mask":
            return _fitted(args[0], width) & z3.BitVecVal(x[2], width)
        if kind == "Shl":
            return _fitted(args[0], width) << z3.BitVecVal(x[2], width) if x[2] < width else z3.BitVecVal(0, width)
        if kind == "Shr":
            big = max(args[0].size(), width)
            return _fitted(z3.LShR(_fitted(args[0], big), min(x[2], big)), width)
        if kind == "Add":
            return _fitted(args[0], x[1]) + _fitted(args[1], x[1])
        if kind == "Mulc":
            return _fitted(args[0], x[1]) * z3.BitVecVal(x[3], x[1])
        return self._applied(x[1], args, width)

    def _applied(self, name: str, args: list[Any], width: int) -> Any:
        if name == "zero":
            return z3.If(args[0] == 0, z3.BitVecVal(1, 1), z3.BitVecVal(0, 1))
        if name == "mul":
            return _fitted(args[0], width) * _fitted(args[1], width)
        if name in {"lsl", "lsr"}:
            big = max(width, args[0].size(), args[1].size())
            a, by = _fitted(args[0], big), _fitted(args[1], big)
            return _fitted(a << by if name == "lsl" else z3.LShR(a, by), width)
        if name == "clmul":
            out = z3.BitVecVal(0, width)
            for k in range(args[1].size()):
                bit = z3.Extract(k, k, args[1])
                out ^= z3.If(bit == 1, _fitted(args[0], width) << k, z3.BitVecVal(0, width))
            return out
        if name == "pick":
            out = z3.BitVecVal(0, width)
            for k, entry in enumerate(args[1:]):
                out = z3.If(_fitted(args[0], 32) == k, _fitted(entry, width), out)
            return out
        table = entries(name)
        assert table is not None
        assert len(table) == 256
        called = {"aes.sbox": "aes_sbox", "aes.inv_sbox": "aes_inv_sbox"}.get(name, "sm4_sbox")
        function = z3.Function(f"{called}/8", z3.BitVecSort(8), z3.BitVecSort(8))
        self.facts = [function(z3.BitVecVal(k, 8)) == value for k, value in enumerate(table)]
        return function(_fitted(args[0], 8))


def _fitted(e: Any, width: int) -> Any:
    """The number as a bit vector of another width; bits that are lost are known to be 0."""
    size = e.size()
    return e if size == width else z3.ZeroExt(width - size, e) if size < width else z3.Extract(width - 1, 0, e)


def _compared(word: int, executor: Executor = execute, effort: int = EFFORT) -> tuple[str, str]:
    """ "equal", "differ" or "undecided"; and where they differ."""
    (instruction,) = A64.matches(word)
    both = _Both()
    ours = both.audit(*run(word, None, executor))
    theirs = both.armsym(instruction)
    different = []
    if not ours["memory"].eq(theirs["memory"]):
        # Two arrays are equal when they are at an address of which nothing is known.
        somewhere = z3.BitVec("somewhere", 64)
        ours["memory"], theirs["memory"] = (z3.Select(each["memory"], somewhere) for each in (ours, theirs))
    for name, a in ours.items():
        b = theirs[name]
        if not a.eq(b) and not z3.is_true(z3.simplify(a == b)):
            different.append((name, a, b))
    if not different:
        return "equal", ""
    solver = z3.Solver()
    solver.set("rlimit", effort)
    solver.add(*both.bridge.side, *both.facts, z3.Or(*(a != b for _, a, b in different)))
    answer = solver.check()
    if answer == z3.sat:
        model = solver.model()
        places = [n for n, a, b in different if z3.is_true(model.eval(a != b, model_completion=True))]
        return "differ", ", ".join(places)
    return ("equal", "") if answer == z3.unsat else ("undecided", "")


@pytest.mark.parametrize("form", [f for f in FORMS if f.name not in NOT_ASKED], ids=lambda f: f.name)
def test_form_means_the_same_for_all_values(form: Form) -> None:
    words = words_of(form, 8, 60)
    random.Random(8).shuffle(words)
    verdicts: Counter[str] = Counter()
    for word in words[:WORDS]:
        verdict, where = _compared(word, effort=LITTLE if form.name in NOT_ALWAYS else EFFORT)
        assert verdict != "differ", f"{word:#010x}: {where}"
        verdicts[verdict] += 1
    assert verdicts["equal"] > 0
    assert form.name in NOT_ALWAYS or not verdicts["undecided"], verdicts


@pytest.mark.parametrize(
    ("module", "name", "before", "after"),
    [
        ("immediate", "ADD, SUB (immediate)", "m.flags = Flags.of_difference(w, width, a, b, result)", "pass"),
        ("register", "CSEL, CSINC, CSINV, CSNEG", 'if f["op"]:', 'if f["o2"]:'),
        ("moves", "UZP, TRN, ZIP", "count // 2 + (e >> 1)", "(e >> 1)"),
        ("aes", "AESE, AESD", "c - r if inverse", "c + r if inverse"),
        ("memory", "LDP, STP", 'signed(f["imm7"], 7)', 'f["imm7"]'),
    ],
)
def test_a_planted_difference_is_found(module: str, name: str, before: str, after: str) -> None:
    form, executor = planted(module, name, before, after)
    for word in words_of(form, 9, 40):
        if _compared(word, executor)[0] == "differ":
            return
    raise AssertionError(f"{before!r} -> {after!r} is not noticed")
