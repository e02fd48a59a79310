"""One text, two meanings: execution on terms, evaluated at numbers, against execution on numbers.

Proofs rest on the symbolic run of an instruction, the comparison with Unicorn on the concrete
one; this closes the gap between them.  Registers and flags are variables; memory answers
each load with a new variable and logs each store, in both runs, so nothing is assumed about
aliasing.  Compared are registers, flags, PC, the log of memory accesses, and the sequence
of announcements to `on_leak`.
"""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from armsym.bits import Bits, OpaqueFunction, Prop
from armsym.conform.states import SP_EL0, MachineState, random_state
from armsym.conform.words import ClassWords
from armsym.errors import AlignmentFault, BudgetError, ExceptionTaken, InputError, UndefinedInstruction
from armsym.isa import Instruction, InstructionSet
from armsym.machine import NZCV, Machine
from armsym.terms import Evaluator, Value, Var, var

__all__ = [
    "SymbolicMismatch",
    "SymbolicResult",
    "check_symbolic_class",
    "check_symbolic_instruction",
    "check_symbolic_word",
]

_PC = 0x10_0000
_ALIGNED = (1 << 64) - 16


@dataclass(frozen=True)
class SymbolicMismatch:
    """A word, a state, and what the terms say against what the numbers say."""

    word: int
    instruction: str
    seed: int
    state: int
    differences: tuple[str, ...]

    @property
    def command(self) -> str:
        """The command that shows this case again."""
        return f"armsym conform symbolic --word {self.word:#010x} --seed {self.seed} --state {self.state}"

    def __str__(self) -> str:
        lines = [f"{self.word:#010x}  {self.instruction}", *(f"    {d}" for d in self.differences)]
        return "\n".join([*lines, f"    again: {self.command}"])


@dataclass
class SymbolicResult:
    """Counts of one run; `mismatch_count` is exact even where `mismatches` keeps only some."""

    name: str
    seed: int
    words: int = 0
    compared: int = 0
    skipped: Counter[str] = field(default_factory=Counter)
    mismatch_count: int = 0
    mismatches: list[SymbolicMismatch] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def ok(self) -> bool:
        """Whether every comparison agreed."""
        return self.mismatch_count == 0

    @property
    def evidence(self) -> bool:
        """Whether any execution was compared at all."""
        return self.compared > 0


class _LogMemory:
    """Answers the n-th load by `answer(n, size)`; logs every access as (kind, address, value)."""

    def __init__(self, answer: Callable[[int, int], Bits]) -> None:
        self._answer = answer
        self.loads = 0
        self.log: list[tuple[str, Bits, Bits]] = []

    def load(self, address: Bits, size: int) -> Bits:
        value = self._answer(self.loads, size)
        self.loads += 1
        self.log.append((f"load {size}", address, value))
        return value

    def look(self, address: Bits, size: int) -> Bits:
        return self.load(address, size)

    def store(self, address: Bits, value: Bits) -> None:
        self.log.append((f"store {value.width // 8}", address, value))

    def fork(self) -> _LogMemory:
        raise NotImplementedError("an instruction does not fork memory")


@dataclass
class _Run:
    """What one execution of an instruction left behind; values are numbers or terms."""

    machine: Machine | None
    log: list[tuple[str, Bits, Bits]]
    leaks: list[tuple[str, Bits]]
    stop: str = ""


def _execute(i: Instruction, m: Machine, memory: _LogMemory) -> _Run:
    leaks: list[tuple[str, Bits]] = []
    m.on_leak = lambda kind, value: leaks.append((kind, value))
    try:
        i.execute(m)
    except UndefinedInstruction:
        return _Run(None, [], [], "undefined")
    except AlignmentFault:
        return _Run(None, [], [], "alignment")
    except ExceptionTaken as e:
        return _Run(None, memory.log, leaks, f"{e.kind} #{e.immediate}")
    except BudgetError:
        return _Run(None, [], [], "budget")
    except Exception as e:  # noqa: BLE001 - a crash of the class under test is a finding
        return _Run(None, [], [], f"{type(e).__name__}: {e}")
    return _Run(m, memory.log, leaks)


class _Variables:
    """The variables of the symbolic run and their values in a state."""

    def __init__(self, *, aligned: bool = False) -> None:
        # SP is a multiple of 16, as the check before an access through it demands; `aligned` makes
        # the X registers so too, for accesses that must be aligned.
        possible = _ALIGNED if aligned else None
        self.aligned = aligned
        self.x = [var(f"x{n}", 64, possible=possible) for n in range(31)]
        self.sp = var("sp", 64, possible=_ALIGNED)
        self.sp_el0 = var("sp_el0", 64)
        self.v = [var(f"v{n}", 128) for n in range(32)]
        self.flags = [var(f, 1) for f in "nzcv"]
        self.loaded: list[Var] = []

    def machine(self, memory: _LogMemory) -> Machine:
        m = Machine(
            x=[Bits(64, t) for t in self.x],
            sp=Bits(64, self.sp),
            v=[Bits(128, t) for t in self.v],
            nzcv=NZCV.of(*(Prop(t) for t in self.flags)),
            pc=Bits(64, _PC),
            memory=memory,
        )
        m.sp_el0 = Bits(64, self.sp_el0)
        return m

    def load(self, n: int, size: int) -> Bits:
        assert n == len(self.loaded)
        t = var(f"load{n}", 8 * size)
        self.loaded.append(t)
        return Bits(8 * size, t)

    def fit(self, state: MachineState) -> MachineState:
        """The state with the bits cleared that the variables assume to be 0."""
        for n in (*(range(31) if self.aligned else ()), 31):
            value = state.sp if n == 31 else state.x[n]
            state = state.with_register(n, value & _ALIGNED)
        return state

    def values(self, state: MachineState) -> dict[Var, int]:
        values: dict[Var, int] = dict(zip(self.x, state.x, strict=True))
        values |= dict(zip(self.v, state.v, strict=True))
        values |= {self.sp: state.sp, self.sp_el0: SP_EL0}
        values |= {t: state.nzcv >> (3 - k) & 1 for k, t in enumerate(self.flags)}
        for n, t in enumerate(self.loaded):
            values[t] = _loaded(state, n, t.width // 8)
        return values


def _run_on_terms(i: Instruction, *, aligned: bool) -> tuple[_Variables, _Run]:
    variables = _Variables(aligned=aligned)
    memory = _LogMemory(variables.load)
    return variables, _execute(i, variables.machine(memory), memory)


def _loaded(state: MachineState, n: int, size: int) -> int:
    at = (n * 37) % 128
    return int.from_bytes(state.window[at : at + size], "little")


def opaque_definitions(package: str) -> dict[str, OpaqueFunction]:
    """The functions that the modules of a package declared `opaque`, by the name they declared."""
    found: dict[str, OpaqueFunction] = {}
    for name, module in list(sys.modules.items()):
        if name != package and not name.startswith(package + "."):
            continue
        found |= {f.name: f for f in vars(module).values() if isinstance(f, OpaqueFunction)}
    return found


def _differences(symbolic: _Run, concrete: _Run, value: Callable[[Bits], int]) -> list[str]:
    if symbolic.stop != concrete.stop:
        return [f"outcome: on terms {symbolic.stop or 'done'}, on numbers {concrete.stop or 'done'}"]
    out = []

    def compare(name: str, a: Bits, b: Bits) -> None:
        if a.width != b.width:
            out.append(f"{name}: {a.width} bits on terms, {b.width} bits on numbers")
        elif value(a) != b.uint:
            out.append(f"{name}: on terms {value(a):#x}, on numbers {b.uint:#x}")

    kinds = ([k for k, _ in r.leaks] for r in (symbolic, concrete))
    if len(set(map(tuple, kinds))) == 1:
        for (kind, a), (_, b) in zip(symbolic.leaks, concrete.leaks, strict=True):
            compare(f"announced {kind}", a, b)
    else:
        out.append("announcements to on_leak differ in kind or number")
    kinds = ([k for k, _, _ in r.log] for r in (symbolic, concrete))
    if len(set(map(tuple, kinds))) == 1:
        for (kind, a, x), (_, b, y) in zip(symbolic.log, concrete.log, strict=True):
            compare(f"address of {kind}", a, b)
            compare(f"value of {kind}", x, y)
    else:
        out.append("memory accesses differ in kind or number")
    s, c = symbolic.machine, concrete.machine
    if s is None or c is None:
        return out
    for n in range(31):
        compare(f"X{n}", s.x[n], c.x[n])
    compare("SP", s.sp, c.sp)
    compare("NZCV", s.nzcv.bits, c.nzcv.bits)
    for n in range(32):
        compare(f"V{n}", s.v[n], c.v[n])
    compare("PC", *(_target(m, value) for m in (s, c)))
    compare("DIT", s.dit, c.dit)
    for name in ("written_x", "written_v", "written_flags"):
        if getattr(s, name) != getattr(c, name):
            out.append(f"{name}: on terms {getattr(s, name):#x}, on numbers {getattr(c, name):#x}")
    return out


def _target(m: Machine, value: Callable[[Bits], int]) -> Bits:
    if m.branch_target is None:
        return Bits(64, _PC + 4)
    if m.branch_condition is not None and not value(m.branch_condition.bit):
        return Bits(64, _PC + 4)
    return m.branch_target


def check_symbolic_instruction(
    i: Instruction,
    class_name: str,
    result: SymbolicResult,
    *,
    states: Iterable[int],
    definitions: Mapping[str, OpaqueFunction],
    keep: int = 20,
) -> None:
    """Compare one instruction on the states of these numbers, and count into `result`."""
    variables, symbolic = _run_on_terms(i, aligned=False)
    if symbolic.stop == "alignment":
        variables, symbolic = _run_on_terms(i, aligned=True)
    result.words += 1

    def apply(name: str, width: int, widths: tuple[int, ...], args: tuple[int, ...]) -> int:
        del width
        if name not in definitions:
            raise InputError(f"{class_name} uses the opaque function {name!r}, which its package does not define")
        return definitions[name](*(Bits(w, a) for w, a in zip(widths, args, strict=True))).uint

    for k in states:
        if symbolic.stop == "budget":
            result.skipped["budget of terms used up"] += 1
            continue
        state = variables.fit(random_state(result.seed, class_name, i.word, k, _PC))

        def answer(n: int, size: int, state: MachineState = state) -> Bits:
            return Bits(8 * size, _loaded(state, n, size))

        log = _LogMemory(answer)
        concrete = _execute(i, state.machine(log), log)
        if concrete.stop == symbolic.stop and concrete.stop in {"undefined", "alignment"}:
            result.skipped[f"{concrete.stop} on terms and on numbers"] += 1
            continue
        result.compared += 1
        evaluate = Evaluator(variables.values(state), apply)

        def number(b: Bits, evaluate: Callable[[Value], int] = evaluate) -> int:
            return evaluate(b.value)

        different = _differences(symbolic, concrete, number)
        if different:
            result.mismatch_count += 1
            if len(result.mismatches) < keep and (not result.mismatches or result.mismatches[-1].word != i.word):
                result.mismatches.append(SymbolicMismatch(i.word, repr(i), result.seed, k, tuple(different)))


def check_symbolic_class(
    isa: InstructionSet,
    cls: type[Instruction],
    *,
    seed: int = 0,
    states: int = 4,
    seconds: float = 2.0,
    words: int | None = None,
    keep: int = 20,
) -> SymbolicResult:
    """Words of the class in random order, until CPU seconds or words are used up.

    Without `words`, every allocated combination of non-register fields is visited once, if
    the time allows.
    """
    start = time.process_time()
    source = ClassWords(cls, seed)
    result = SymbolicResult(cls.__name__, seed)
    definitions = opaque_definitions(cls.__module__.partition(".")[0])
    for i in source.instructions(16 if words is None else words):
        if result.words == words or (result.words and time.process_time() - start > seconds):
            break
        if len(isa.matches(i.word)) == 1:
            check_symbolic_instruction(
                i, cls.__name__, result, states=range(states), definitions=definitions, keep=keep
            )
    result.seconds = time.process_time() - start
    return result


def check_symbolic_word(i: Instruction, *, seed: int = 0, states: Iterable[int] = range(4)) -> SymbolicResult:
    """One instruction on the states of these numbers."""
    cls = type(i)
    result = SymbolicResult(f"{i.word:#010x}", seed)
    definitions = opaque_definitions(cls.__module__.partition(".")[0])
    check_symbolic_instruction(i, cls.__name__, result, states=states, definitions=definitions)
    return result
