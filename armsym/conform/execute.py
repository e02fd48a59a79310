"""Our execution compared with Unicorn's, on whole machine states.

Every register, SP, NZCV, PC and the data window are compared, whether the instruction
should have touched them or not.  Loads and stores get their base register moved so that
the access falls into the window; one state of sixteen keeps its random address, where
both sides must meet a fault.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NoReturn

from armsym.bits import Bits
from armsym.conform.states import (
    NZCV_AT,
    REGISTERS_SIZE,
    SLOTS,
    SP_AT,
    STRIDE,
    V_AT,
    WINDOW_AT,
    WINDOW_SIZE,
    MachineState,
    RegisterFile,
    random_state,
)
from armsym.conform.unicorn_oracle import GAPS, LITERAL_BASE, WORD_PC, Outcome, UnicornCore
from armsym.conform.words import ClassWords
from armsym.errors import AlignmentFault, ExceptionTaken, InputError, MemoryFault, UndefinedInstruction
from armsym.isa import Instruction, InstructionSet
from armsym.machine import NZCV, Machine
from armsym.memory import ConcreteMemory, ConcreteRegion

__all__ = [
    "ExecuteMismatch",
    "ExecuteResult",
    "check_execute_class",
    "check_execute_instruction",
    "check_execute_words",
]

_MASK = (1 << 64) - 1
_DATA_ABORT = "data abort"
_MISALIGNED = "misaligned SP or ordered access: Unicorn does not check alignment"
#: One state of this many keeps an address that faults.
_FAULTING = 16
#: A class with few field combinations is still tried with this many choices of registers.
_LEAST_WORDS = 256


class _WindowFault(MemoryFault):
    def __init__(self, verb: str, at: int, size: int) -> None:
        super().__init__(f"{verb} of {size} bytes at {at:#x}")
        self.at = at


class _WindowMemory(ConcreteMemory):
    """The window and the literal pool; a fault carries its address, so that the state can be moved there."""

    touched = False

    def find(self, address: int, size: int) -> ConcreteRegion | None:
        self.touched = True
        return super().find(address, size)

    def _fault(self, verb: str, address: int, size: int) -> NoReturn:
        raise _WindowFault(verb, address, size)


@dataclass(frozen=True)
class ExecuteMismatch:
    """A word and a state on which we and Unicorn end differently.

    `initial` names the registers that are not zero in the smallest state found that still
    shows a difference; `differences` are those of that state.
    """

    word: int
    instruction: str
    seed: int
    state: int
    differences: tuple[str, ...]
    initial: tuple[str, ...]

    @property
    def command(self) -> str:
        """The command that shows this case again."""
        return f"armsym conform execute --word {self.word:#010x} --seed {self.seed} --state {self.state}"

    def __str__(self) -> str:
        lines = [f"{self.word:#010x}  {self.instruction}", f"    from  {', '.join(self.initial)}"]
        lines += [f"    {d}" for d in self.differences]
        return "\n".join([*lines, f"    again: {self.command}"])


@dataclass
class ExecuteResult:
    """Counts of one run; `mismatch_count` is exact even where `mismatches` keeps only some.

    `compared` counts executions compared with Unicorn, of which `faults` ended in the
    same exception and `branches` went elsewhere than to the next word.  `skipped` counts
    executions that were not compared, by reason.  `complete` tells whether every allocated
    combination of the class's non-register fields was executed.
    """

    name: str
    seed: int
    words: int = 0
    compared: int = 0
    faults: int = 0
    branches: int = 0
    skipped: Counter[str] = field(default_factory=Counter)
    mismatch_count: int = 0
    mismatches: list[ExecuteMismatch] = field(default_factory=list)
    combinations: int = 0
    complete: bool = False
    seconds: float = 0.0

    @property
    def ok(self) -> bool:
        """Whether every comparison agreed."""
        return self.mismatch_count == 0

    @property
    def evidence(self) -> bool:
        """Whether any execution was compared at all."""
        return self.compared > 0


@dataclass(slots=True)
class _Ours:
    """Our outcome: a packed state and the next PC; or a fault; or why it may not be comparable."""

    block: bytes = b""
    pc: int = 0
    fault: str | None = None
    fault_at: int | None = None
    skip: str | None = None
    crash: str | None = None


@dataclass(slots=True)
class _Case:
    k: int
    state: MachineState
    ours: _Ours


def _run_ours(i: Instruction, state: MachineState, literals: ConcreteRegion) -> _Ours:
    window = bytearray(state.window)
    memory = _WindowMemory([ConcreteRegion("window", state.window_base, window, "rw"), literals])
    m = state.machine(memory)
    sp, flags = m.sp, m.nzcv
    try:
        i.execute(m)
        if memory.touched and getattr(i, "Rn", 0) == 31 and state.sp & 15:
            return _Ours(crash="accessed memory through a misaligned SP, which Unicorn does not check")
        return _pack(m, state, window, sp, flags)
    except _WindowFault as e:
        return _Ours(fault=_DATA_ABORT, fault_at=e.at)
    except MemoryFault:
        return _Ours(fault=_DATA_ABORT)
    except AlignmentFault:
        return _Ours(skip=_MISALIGNED)
    except UndefinedInstruction as e:
        return _Ours(skip=f"UNDEFINED or CONSTRAINED UNPREDICTABLE: {e}", fault="UDF")
    except ExceptionTaken as e:
        return _Ours(fault=e.kind)
    except Exception as e:  # noqa: BLE001 - a crash of the class under test is a finding, not the end of the run
        return _Ours(crash=f"{type(e).__name__}: {e}")


def _pack(m: Machine, state: MachineState, window: bytearray, sp: Bits, flags: NZCV) -> _Ours:
    """The packed state after the instruction; every write must have been announced in `written_*`."""
    block = bytearray(state.block)
    crashes = []
    for letter, file, announced, at, size in (
        ("X", m.x, m.written_x, 0, 8),
        ("V", m.v, m.written_v, V_AT, 16),
    ):
        if not isinstance(file, RegisterFile):
            return _Ours(crash=f"execute() replaced the list of {letter} registers")
        for n in file.written:
            value = file[n]
            if value.width != 8 * size:
                crashes.append(f"{letter}{n} was given {value.width} bits")
                continue
            block[at + size * n : at + size * n + size] = value.uint.to_bytes(size, "little")
            if not announced >> n & 1:
                crashes.append(f"{letter}{n} was written behind the machine's back")
    if m.sp is not sp:
        block[SP_AT : SP_AT + 8] = m.sp.uint.to_bytes(8, "little")
        if not m.written_x >> 31:
            crashes.append("SP was written behind the machine's back")
    if m.nzcv is not flags:
        block[NZCV_AT : NZCV_AT + 8] = (m.nzcv.bits.uint << 28).to_bytes(8, "little")
        if not m.written_flags:
            crashes.append("NZCV was written behind the machine's back")
    block[WINDOW_AT:] = window
    target = m.branch_target
    pc = WORD_PC + 4 if target is None else target.uint
    return _Ours(bytes(block), pc, crash="; ".join(crashes) or None)


class _Placement:
    """Moves base registers so that accesses fall into the window.

    The base is the field Rn, as everywhere in the manual's loads and stores.  Where the
    access lies is learnt from the fault of a first try; for words without an offset
    register it is the same distance from the base in every state.
    """

    def __init__(self, i: Instruction, literals: ConcreteRegion) -> None:
        self.i, self.literals = i, literals
        self.rn: int | None = getattr(i, "Rn", None)
        self.rm: int | None = getattr(i, "Rm", None)
        self.distance: int | None = None

    def _base(self, state: MachineState) -> int:
        return state.sp if self.rn == 31 else state.x[self.rn or 0]

    def _moved(self, state: MachineState, old: int, fault_at: int, factor: int) -> MachineState:
        assert self.rn is not None
        step = (self._target(state) - fault_at) // factor
        if self.rn == 31:
            step &= ~15
        return state.with_register(self.rn, (old + step) & _MASK)

    @staticmethod
    def _target(state: MachineState) -> int:
        """An address with room for any access after it; half of them are multiples of 16."""
        spread = state.block[WINDOW_AT] % 64
        return state.window_base + 64 + (spread & ~15 if state.block[WINDOW_AT + 1] & 1 else spread)

    def case(self, k: int, state: MachineState) -> _Case:
        """The state as it is run, and our outcome from it."""
        keep = k % _FAULTING == _FAULTING - 1
        if self.distance is not None and not keep:
            old = self._base(state)
            state = self._moved(state, old, (old + self.distance) & _MASK, 1)
        ours = _run_ours(self.i, state, self.literals)
        if ours.skip == _MISALIGNED and self.rn is not None and self.rn != 31 and not keep:
            state = state.with_register(self.rn, self._target(state))
            ours = _run_ours(self.i, state, self.literals)
        if ours.fault_at is None or self.rn is None or keep:
            return _Case(k, state, ours)
        old = self._base(state)
        if self.rm is None and self.distance is None:
            self.distance = ours.fault_at - old
        # Where the offset is the same register as the base, that register counts 1 + 2**scale times.
        for factor in (1, 2, 3, 5, 9, 17) if self.rm == self.rn else (1,):
            moved = self._moved(state, old, ours.fault_at, factor)
            again = _run_ours(self.i, moved, self.literals)
            if again.fault_at is None:
                return _Case(k, moved, again)
        return _Case(k, state, ours)


def _differences(before: bytes, ours: bytes, theirs: bytes) -> list[str]:
    if ours == theirs:
        return []
    out = []

    def compare(name: str, at: int, size: int) -> None:
        a, b = ours[at : at + size], theirs[at : at + size]
        if a != b:
            p, q, o = (int.from_bytes(z[at : at + size], "little") for z in (ours, theirs, before))
            out.append(f"{name}: ours {p:#x}, Unicorn {q:#x}, before {o:#x}")

    for n in range(31):
        compare(f"X{n}", 8 * n, 8)
    compare("SP", SP_AT, 8)
    if ours[NZCV_AT : NZCV_AT + 8] != theirs[NZCV_AT : NZCV_AT + 8]:
        p, q, o = (f"{b[NZCV_AT + 3] >> 4:04b}" for b in (ours, theirs, before))
        out.append(f"NZCV: ours {p}, Unicorn {q}, before {o}")
    for n in range(32):
        compare(f"V{n}", V_AT + 16 * n, 16)
    for at in range(REGISTERS_SIZE, WINDOW_AT, 8):
        compare(f"write outside the window, at state+{at:#x}", at, 8)
    for at in range(WINDOW_AT, WINDOW_AT + WINDOW_SIZE, 8):
        compare(f"window+{at - WINDOW_AT:#x}", at, 8)
    return out


def _compare(before: MachineState, ours: _Ours, theirs: Outcome) -> list[str]:
    if ours.crash:
        return [f"our execute() failed: {ours.crash}"]
    if ours.fault or theirs.fault:
        if ours.fault == theirs.fault:
            return []
        return [f"outcome: ours {ours.fault or 'no exception'}, Unicorn {theirs.fault or 'no exception'}"]
    out = _differences(before.block, ours.block, theirs.block)
    if ours.pc != theirs.pc:
        out.append(f"PC: ours {ours.pc:#x}, Unicorn {theirs.pc:#x} (word at {WORD_PC:#x})")
    return out


def check_execute_instruction(
    i: Instruction,
    class_name: str,
    core: UnicornCore,
    result: ExecuteResult,
    *,
    states: Iterable[int],
    keep: int = 20,
) -> None:
    """Compare one instruction on the states of these numbers, and count into `result`."""
    core.patch(i.word)
    placement = _Placement(i, ConcreteRegion("literals", LITERAL_BASE, core.literals, "r"))
    fast: list[_Case] = []
    slow: list[_Case] = []
    branches = False
    result.words += 1
    for k in states:
        case = placement.case(k, random_state(result.seed, class_name, i.word, k, WORD_PC))
        ours = case.ours
        if ours.skip and not ours.fault:
            result.skipped[ours.skip] += 1
        elif ours.fault or ours.crash:
            slow.append(case)
        elif ours.pc != WORD_PC + 4:
            branches = True
            result.branches += 1
            slow.append(case)
        else:
            fast.append(case)
    if branches:
        slow += fast
        fast = []
    kept = len(result.mismatches)
    for batch in _consecutive(fast):
        theirs = core.run([c.state for c in batch])
        if theirs is None:
            slow += batch
            continue
        for case, after in zip(batch, theirs, strict=True):
            result.compared += 1
            if case.ours.block != after:
                different = _differences(case.state.block, case.ours.block, after)
                _record(i, core, result, case, different=different, kept_before=kept, keep=keep)
    for case in slow:
        outcome = core.step(case.state)
        reason = _gap(i.word) if outcome.fault == "UDF" else case.ours.skip
        if reason:
            result.skipped[reason] += 1
            continue
        result.compared += 1
        result.faults += case.ours.fault is not None
        found = _compare(case.state, case.ours, outcome)
        if found:
            _record(i, core, result, case, different=found, kept_before=kept, keep=keep)


def _gap(word: int) -> str | None:
    return next((g.reason for g in GAPS if word & g.mask == g.value), None)


def _consecutive(cases: Sequence[_Case]) -> Iterator[list[_Case]]:
    run: list[_Case] = []
    for c in cases:
        if run and c.state.window_base != run[-1].state.window_base + STRIDE:
            yield run
            run = []
        run.append(c)
    if run:
        yield run


def _record(
    i: Instruction,
    core: UnicornCore,
    result: ExecuteResult,
    case: _Case,
    *,
    different: list[str],
    kept_before: int,
    keep: int,
) -> None:
    result.mismatch_count += 1
    if len(result.mismatches) > kept_before or len(result.mismatches) >= keep:
        return  # one state for each word is shown; the others are counted
    small, different = _minimise(i, core, case.state, different)
    try:
        text = f"{i.assembly(WORD_PC)}   {i!r}"
    except Exception:  # noqa: BLE001 - the text is only a label here
        text = f"{i!r}"
    result.mismatches.append(
        ExecuteMismatch(i.word, text, result.seed, case.k, tuple(different), tuple(_nonzero(small)))
    )


def _kind(different: Sequence[str]) -> str:
    # A smaller state must fail in the same way, not by losing its address.
    return different[0] if different[0].startswith(("outcome", "our execute")) else "state"


def _minimise(
    i: Instruction, core: UnicornCore, state: MachineState, different: list[str]
) -> tuple[MachineState, list[str]]:
    """Zero one register after another for as long as the case still differs in the same way."""
    literals = ConcreteRegion("literals", LITERAL_BASE, core.literals, "r")
    pieces = [(V_AT + 16 * n, 16) for n in range(32)] + [(8 * n, 8) for n in range(31)]
    pieces += [(SP_AT, 8), (NZCV_AT, 8), (WINDOW_AT, WINDOW_SIZE)]
    kind = _kind(different)
    for at, size in pieces:
        if not any(state.block[at : at + size]):
            continue
        trial = state.replaced(at, bytes(size))
        ours = _run_ours(i, trial, literals)
        if ours.skip:
            continue
        found = _compare(trial, ours, core.step(trial))
        if found and _kind(found) == kind:
            state, different = trial, found
    return state, different


def _nonzero(state: MachineState) -> list[str]:
    out = [f"X{n}={v:#x}" for n, v in enumerate(state.x) if v]
    out += [f"SP={state.sp:#x}"] if state.sp else []
    out += [f"NZCV={state.nzcv:04b}"] if state.nzcv else []
    out += [f"V{n}={v:#x}" for n, v in enumerate(state.v) if v]
    out += [f"window at {state.window_base:#x} random"] if any(state.window) else []
    return out or ["all registers zero"]


def check_execute_class(
    isa: InstructionSet,
    cls: type[Instruction],
    *,
    seed: int = 0,
    states: int = 16,
    seconds: float = 5.0,
    words: int | None = None,
    core: UnicornCore | None = None,
    keep: int = 20,
    stop_after: int | None = None,
) -> ExecuteResult:
    """Words of the class in random order, `states` states each, until CPU seconds or words are used up.

    Without `words`, every allocated combination of non-register fields is visited once, if
    the time allows, and small classes several times with other registers.  `stop_after`
    ends the run at that many mismatches.
    """
    if not 1 <= states <= SLOTS:
        raise InputError(f"the number of states for each word is 1 to {SLOTS}, not {states}")
    core = core or UnicornCore()
    start = time.process_time()
    source = ClassWords(cls, seed)
    result = ExecuteResult(cls.__name__, seed, combinations=source.total)
    for i in source.instructions(_LEAST_WORDS if words is None else words):
        if result.words == words or (result.words and time.process_time() - start > seconds):
            break
        if stop_after is not None and result.mismatch_count >= stop_after:
            break
        if len(isa.matches(i.word)) != 1:
            result.skipped["word with several readings"] += 1
            continue
        check_execute_instruction(i, cls.__name__, core, result, states=range(states), keep=keep)
    else:
        result.complete = source.enumerated
    result.seconds = time.process_time() - start
    return result


def check_execute_words(
    isa: InstructionSet,
    words: Iterable[int],
    *,
    seed: int = 0,
    states: Sequence[int] = range(16),
    seconds: float = float("inf"),
    core: UnicornCore | None = None,
    keep: int = 20,
) -> ExecuteResult:
    """The given words; those that no class models are counted as skipped."""
    core = core or UnicornCore()
    result = ExecuteResult("words", seed)
    start = time.process_time()
    for word in words:
        if time.process_time() - start > seconds:
            result.skipped["time used up"] += 1
            continue
        found = isa.matches(word)
        if len(found) != 1:
            result.skipped["word not modelled" if not found else "word with several readings"] += 1
            continue
        name = type(found[0]).__name__
        check_execute_instruction(found[0], name, core, result, states=states, keep=keep)
    result.seconds = time.process_time() - start
    return result
