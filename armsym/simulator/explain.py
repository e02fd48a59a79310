"""One instruction by itself: its encoding, and its effect on symbols."""

from __future__ import annotations

import inspect
from dataclasses import dataclass

from armsym.bits import Bits, Prop
from armsym.errors import AlignmentFault, ExceptionTaken, InputError, UndefinedInstruction
from armsym.isa import Instruction, InstructionSet
from armsym.machine import NZCV, Machine
from armsym.proof.checks import a_number
from armsym.symbolic_memory import variable
from armsym.terms.evaluate import free_terms
from armsym.terms.node import Var, ones

__all__ = ["Effect", "Explanation", "explain"]


@dataclass(frozen=True)
class Effect:
    """What is written, and with what: a register or flag by its name, `Mem[ADDRESS, BYTES]`, or `PC` by a branch.

    A branch is taken where the one-bit `condition` is 1, if it has one; else PC goes to the next instruction.
    """

    what: str
    value: Bits
    condition: Bits | None = None


@dataclass(frozen=True)
class Explanation:
    """What there is to say of a word.

    encoding    the encoding class; `manual` its description and section of the Arm manual
    fields      (name, highest bit, lowest bit, value) of the diagram, most significant first
    loads       (name, address, bytes): what the effects call a value loaded
    effects     what is written; what is not listed stays as it was, and PC goes to the next instruction
    depends     the registers and flags on which effects and addresses depend
    stops       why it does not execute so (an exception, UNDEFINED); empty if it does
    aligned     whether the effects are those for addresses in X registers that are multiples of 16
    """

    word: int
    assembly: str
    encoding: str
    manual: str
    fields: tuple[tuple[str, int, int, int], ...]
    loads: tuple[tuple[str, Bits, int], ...]
    effects: tuple[Effect, ...]
    depends: tuple[str, ...]
    stops: str = ""
    aligned: bool = False


class _Noted:
    """Memory of which each load is a new variable, and each store noted: nothing is said of what they may share."""

    def __init__(self) -> None:
        self.loads: list[tuple[str, Bits, int]] = []
        self.stores: list[tuple[Bits, Bits]] = []
        #: Whether a load came after a store.
        self.late = False

    def load(self, address: Bits, size: int) -> Bits:
        self.late = self.late or bool(self.stores)
        name = f"loaded{len(self.loads)}"
        self.loads.append((name, address, size))
        return variable(name, 8 * size, secret=False)

    def look(self, address: Bits, size: int) -> Bits:
        return self.load(address, size)

    def store(self, address: Bits, value: Bits) -> None:
        self.stores.append((address, value))

    def fork(self) -> _Noted:
        raise NotImplementedError("one instruction does not fork memory")


def explain(word: int, isa: InstructionSet, at: int = 0) -> Explanation:
    """What a 32-bit word does, in terms of the registers and flags before it, `PC` among them.

    Its text is that for the address `at`.  Raises `InputError` for what is no 32-bit number, `UnmodelledInstruction`
    for what is not modelled.
    """
    i = isa.decode(a_number("explain: the word", word, 0, ones(32)))
    aligned = False
    try:
        m, memory, stops = _executed(i, aligned=False)
    except AlignmentFault:
        aligned = True
        m, memory, stops = _executed(i, aligned=True)
    if memory.late:
        raise InputError(f"explain: {i.assembly(0)} loads after it has stored: its loads may see its stores")
    effects = [] if m is None else _effects(*m, memory)
    values = [e.value for e in effects] + [e.condition for e in effects if e.condition is not None]
    values += [a for _, a, _ in memory.loads]
    values += [a for a, _ in memory.stores]
    met = {t.name for v in values for t in free_terms(v.value) if isinstance(t, Var)}
    order = [*(f"x{n}" for n in range(31)), "sp", *(f"v{n}" for n in range(32)), *"NZCV", "DIT", "SP_EL0", "PC"]
    return Explanation(
        word=word,
        assembly=i.assembly(at),
        encoding=type(i).__name__,
        manual=" ".join((inspect.getdoc(type(i)) or "").split()),
        fields=tuple((f.name, f.hi, f.lo, getattr(i, f.name)) for f in i.fields),
        loads=tuple(memory.loads),
        effects=tuple(effects),
        depends=tuple(n for n in order if n in met),
        stops=stops,
        aligned=aligned,
    )


def _machine(memory: _Noted, *, aligned: bool) -> Machine:
    possible = ones(64) & ~15
    m = Machine(
        x=[variable(f"x{n}", 64, secret=False, possible=possible if aligned else None) for n in range(31)],
        sp=variable("sp", 64, secret=False, possible=possible),
        v=[variable(f"v{n}", 128, secret=False) for n in range(32)],
        nzcv=NZCV.of(*(Prop._of(variable(c, 1, secret=False).value) for c in "NZCV")),
        pc=variable("PC", 64, secret=False, possible=ones(64) & ~3),
        memory=memory,
    )
    m.dit = variable("DIT", 1, secret=False)
    m.sp_el0 = variable("SP_EL0", 64, secret=False)
    return m


def _executed(i: Instruction, *, aligned: bool) -> tuple[tuple[Machine, Machine] | None, _Noted, str]:
    """(the machine before and after, memory, why it stopped) of the instruction on symbols."""
    memory = _Noted()
    m = _machine(memory, aligned=aligned)
    before = Machine(x=m.x[:], sp=m.sp, v=m.v[:], nzcv=m.nzcv, pc=m.pc, memory=memory)
    before.dit = m.dit
    try:
        i.execute(m)
    except (ExceptionTaken, UndefinedInstruction) as e:
        return None, memory, str(e)
    return (before, m), memory, ""


def _effects(before: Machine, m: Machine, memory: _Noted) -> list[Effect]:
    found = [Effect(f"Mem[{_text(a)}, {v.width // 8}]", v) for a, v in memory.stores]
    pairs = [(f"x{n}", before.x[n], m.x[n]) for n in range(31)] + [("sp", before.sp, m.sp)]
    pairs += [(f"v{n}", before.v[n], m.v[n]) for n in range(32)] + [("DIT", before.dit, m.dit)]
    found += [Effect(name, new) for name, old, new in pairs if new is not old and (new == old).value is not True]
    if m.written_flags:
        found += [Effect(c, getattr(m.nzcv, c).bit) for c in "NZCV"]
    if m.branch_target is not None:
        cond = m.branch_condition
        found.append(Effect("PC", m.branch_target, None if cond is None else cond.bit))
    return found


def _text(b: Bits) -> str:
    text = hex(b.value) if isinstance(b.value, int) else str(b.value)
    return text[1:-1] if text.startswith("(") and text.endswith(")") and text.count("(") == 1 else text
