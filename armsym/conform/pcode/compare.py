"""Our semantics against P-code for all values: registers, flags, memory and next PC, decided by Z3.

Both sides start from the same variables and the same memory, an array of bytes.  Ours runs on
terms, and each load, a variable to it, is replaced by what the array holds; P-code runs on
Z3's terms directly.  A word is `equal` only when Z3 finds no state in which anything differs.

Not compared: what neither proofs nor `Machine` know (the bits of Z registers above V, FPSR, exclusive
monitors), the order of accesses, and faults.
"""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import z3

from armsym.bits import Bits, Prop
from armsym.conform.execute import check_execute_words
from armsym.conform.pcode.exceptions import EXCEPTIONS, HARMLESS, UNDECIDED, PcodeException
from armsym.conform.pcode.interpreter import Final, State, Unsupported, load, run, store
from armsym.conform.pcode.translator import Translator
from armsym.conform.unicorn_oracle import UnicornCore
from armsym.conform.words import ClassWords
from armsym.discharge.z3_bridge import Bridge
from armsym.errors import AlignmentFault, BudgetError, ExceptionTaken, UndefinedInstruction
from armsym.isa import Instruction, InstructionSet
from armsym.machine import NZCV, Machine
from armsym.terms import Var, var

__all__ = ["PcodeMismatch", "PcodeResult", "Verdict", "check_pcode_class", "check_pcode_word", "compare_word", "stale"]

_PC = 0x10_0000
_ALIGNED = (1 << 64) - 16
_FLAGS = {"N": "NG", "Z": "ZR", "C": "CY", "V": "OV"}
#: Z3's steps for one word, some tenths of a second.
EFFORT = 2_000_000
#: A word that is expected to be decided, and is not, is asked again with so many times the steps.
HARDER = 10
#: Numbers tried for a word that Z3 does not decide, and so many of them before it is asked.
_SAMPLES = 64
_FIRST = 4
#: In lanes of 16 and of 32 bits.
_LEAST = (int("8000" * 8, 16), int("80000000" * 4, 16))
#: A class with this many undecided words is left there.
_UNDECIDED = 10
#: Of this many words for each word that is asked for, some will be within P-code's reach.
TRIES = 8


@dataclass(frozen=True)
class Verdict:
    """`kind` is equal, differ, unsupported or undecided; `details` say what differs, or why not."""

    kind: str
    details: tuple[str, ...] = ()


@dataclass(frozen=True)
class PcodeMismatch:
    """A word that P-code and we understand differently."""

    word: int
    instruction: str
    differences: tuple[str, ...]

    @property
    def command(self) -> str:
        """The command that shows this case again."""
        return f"armsym conform pcode --word {self.word:#010x}"

    def __str__(self) -> str:
        lines = [f"{self.word:#010x}  {self.instruction}", *(f"    {d}" for d in self.differences)]
        return "\n".join([*lines, f"    again: {self.command}"])


@dataclass
class PcodeResult:
    """Counts of one run, in words; `excepted` counts differences that are P-code's, by exception.

    `undecided` counts the words on which Z3 gave up: by the name in `UNDECIDED` if they are expected to be so, else
    (and then the run is not `ok`) as `unexpected`, too, with each word.
    """

    name: str
    seed: int
    words: int = 0
    equal: int = 0
    excepted: Counter[str] = field(default_factory=Counter)
    unsupported: Counter[str] = field(default_factory=Counter)
    undecided: Counter[str] = field(default_factory=Counter)
    unexpected: list[str] = field(default_factory=list)
    mismatch_count: int = 0
    mismatches: list[PcodeMismatch] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def ok(self) -> bool:
        """Whether every difference, and every word that is not decided, is a declared one."""
        return self.mismatch_count == 0 and not self.unexpected

    @property
    def evidence(self) -> bool:
        """Whether any word was proved equal."""
        return self.equal > 0


class _Loads:
    """The memory our semantics sees: each load a variable; every access noted in order."""

    def __init__(self) -> None:
        self.log: list[tuple[Bits, Var | Bits]] = []

    def load(self, address: Bits, size: int) -> Bits:
        t = var(f"load{len(self.log)}", 8 * size)
        self.log.append((address, t))
        return Bits(8 * size, t)

    def look(self, address: Bits, size: int) -> Bits:
        return self.load(address, size)

    def store(self, address: Bits, value: Bits) -> None:
        self.log.append((address, value))

    def fork(self) -> _Loads:
        raise NotImplementedError("an instruction does not fork memory")


class _Start:
    """The common initial state: variables, and the same as Z3 terms."""

    def __init__(self, *, sp: int = (1 << 64) - 1, x: int = (1 << 64) - 1) -> None:
        # Bits of SP and of the X registers that may be set.
        self.x = [var(f"x{n}", 64, possible=x) for n in range(31)]
        self.sp = var("sp", 64, possible=sp)
        self.sp_el0 = var("sp_el0", 64)
        self.v = [var(f"v{n}", 128) for n in range(32)]
        self.flags = {f: var(f.lower(), 1) for f in _FLAGS}
        self.memory = z3.Array("memory", z3.BitVecSort(64), z3.BitVecSort(8))
        self.bridge = Bridge()

    def machine(self, memory: _Loads) -> Machine:
        """Our machine in this state."""
        m = Machine(
            x=[Bits(64, t) for t in self.x],
            sp=Bits(64, self.sp),
            v=[Bits(128, t) for t in self.v],
            nzcv=NZCV.of(*(Prop(t) for t in self.flags.values())),
            pc=Bits(64, _PC),
            memory=memory,
        )
        m.sp_el0 = Bits(64, self.sp_el0)
        return m

    def pcode(self, registers: dict[str, tuple[int, int]]) -> State:
        """P-code's state: Z registers hold V and unknown upper halves, flags are bytes of 0 or 1."""
        state = State(self.memory)

        def put(name: str, value: Any) -> None:
            state.write("register", registers[name][0], value)

        for n, t in enumerate(self.x):
            put(f"x{n}", self.bridge(t, 64))
        put("sp", self.bridge(self.sp, 64))
        put("sp_el0", self.bridge(self.sp_el0, 64))
        put("xzr", z3.BitVecVal(0, 64))
        put("pc", z3.BitVecVal(_PC, 64))
        for n, t in enumerate(self.v):
            offset, size = registers[f"z{n}"]
            state.write("register", offset, self.bridge(t, 128))
            state.write("register", offset + 16, z3.BitVec(f"upper{n}", 8 * (size - 16)))
        for f, t in self.flags.items():
            put(_FLAGS[f], z3.ZeroExt(7, self.bridge(t, 1)))
        return state


def _ours(i: Instruction) -> tuple[_Start, Machine, _Loads]:
    """Our run, in the most general state in which it faults nowhere for alignment."""
    try:
        return _attempt(i, _Start())
    except AlignmentFault:
        pass
    try:
        return _attempt(i, _Start(sp=_ALIGNED))
    except AlignmentFault:
        return _attempt(i, _Start(sp=_ALIGNED, x=_ALIGNED))


def _attempt(i: Instruction, start: _Start) -> tuple[_Start, Machine, _Loads]:
    memory = _Loads()
    m = start.machine(memory)
    i.execute(m)
    return start, m, memory


def _merged(finals: Sequence[Final], get: Callable[[Final], Any]) -> Any:
    """One term for all paths, whose conditions are exhaustive and exclude each other."""
    value = get(finals[-1])
    for f in finals[:-1]:
        other = get(f)
        if other is not value:
            value = z3.If(f.condition, other, value)
    return value


def _pairs(
    start: _Start, m: Machine, memory: _Loads, finals: Sequence[Final], registers: dict[str, tuple[int, int]]
) -> tuple[list[tuple[str, Any, Any]], Any, Any]:
    """(name, ours, P-code's) of registers, flags and next PC; and the two memories."""
    bridge = start.bridge
    array = start.memory
    known: list[tuple[Any, Any]] = []  # our loads, and what they read

    def ours(b: Bits) -> Any:
        e = bridge(b.value, b.width)
        return z3.substitute(e, *known) if known else e

    for address, what in memory.log:
        if isinstance(what, Var):
            known.append((bridge(what, what.width), load(array, ours(address), what.width // 8)))
        else:
            array = store(array, ours(address), ours(what))

    def theirs(name: str, size: int) -> Any:
        return _merged(finals, lambda f: f.state.read("register", registers[name][0], size))

    pairs = [(f"X{n}", ours(m.x[n]), theirs(f"x{n}", 8)) for n in range(31)]
    pairs.append(("SP", ours(m.sp), theirs("sp", 8)))
    pairs += [(f"V{n}", ours(m.v[n]), theirs(f"z{n}", 16)) for n in range(32)]
    for f, flag in zip("NZCV", (m.nzcv.N, m.nzcv.Z, m.nzcv.C, m.nzcv.V), strict=True):
        pairs.append((f, z3.ZeroExt(7, ours(flag.bit)), theirs(_FLAGS[f], 1)))
    pc = z3.BitVecVal(_PC + 4, 64)
    if m.branch_target is not None:
        target = ours(m.branch_target)
        taken = m.branch_condition
        pc = target if taken is None else z3.If(ours(taken.bit) == 1, target, pc)
    pairs.append(("PC", pc, _merged(finals, lambda f: f.next_pc)))
    return pairs, array, _merged(finals, lambda f: f.state.memory)


def _stores(array: Any) -> tuple[list[tuple[Any, Any]], Any]:
    """(address, byte) of the stores an array is made of, the last first; and what they were made into."""
    out = []
    while z3.is_store(array):
        out.append((array.arg(1), array.arg(2)))
        array = array.arg(0)
    return out, array


def _memories(a: Any, b: Any, side: Sequence[Any], effort: int) -> list[tuple[str, Any, Any]]:
    """Pairs that are equal, all of them, exactly when two memories are."""
    if a.eq(b):
        return []
    (x, before), (y, base) = _stores(a), _stores(b)
    # The same stores in the same order: the usual case, and hard for Z3 as a question about arrays.
    if before.eq(base) and len(x) == len(y):
        each = [("store", c, d) for p, q in zip(x, y, strict=True) for c, d in zip(p, q, strict=True)]
        if _decide(each, side, effort).kind == "equal":
            return []
    # Two arrays are equal when they are at an address of which nothing is known.
    somewhere = z3.BitVec("somewhere", 64)
    return [("memory", z3.Select(a, somewhere), z3.Select(b, somewhere))]


def _decide(pairs: Sequence[tuple[str, Any, Any]], side: Sequence[Any], effort: int) -> Verdict:
    different = [(name, a, b) for name, a, b in pairs if not a.eq(b) and not z3.is_true(z3.simplify(a == b))]
    if not different:
        return Verdict("equal")
    facts = [*side, z3.Or(*(a != b for _, a, b in different))]
    # What differs mostly does so for some of the first numbers tried, which is soon seen.
    model = _sampled(facts, effort, range(_FIRST))
    if model is None:
        solver = z3.Solver()
        # Z3's own count of steps, not time: the same verdict on a slow machine.
        solver.set("rlimit", effort)
        solver.add(*facts)
        answer = solver.check()
        if answer == z3.unsat:
            return Verdict("equal")
        model = solver.model() if answer == z3.sat else _sampled(facts, effort, range(_FIRST, _SAMPLES))
    if model is None:
        return Verdict("undecided", ("Z3 gave up",))
    details = []
    for name, a, b in different:
        x, y = (model.eval(e, model_completion=True).as_long() for e in (a, b))
        if x != y:
            details.append(f"{name}: ours {x:#x}, P-code {y:#x}")
    # Z3 numbers variables of the same name; what matters here is the name.
    values = {d.name().partition("!")[0]: model[d] for d in model.decls()}
    shown = [f"{name} = {v.as_long():#x}" for name, v in values.items() if z3.is_bv_value(v) and v.as_long()]
    return Verdict("differ", (*details, f"where {', '.join(sorted(shown)) or 'all is 0'}"))


def _variables(expressions: Sequence[Any]) -> list[Any]:
    """The bit-vector variables of some terms, by name."""
    found: dict[str, Any] = {}
    seen: set[int] = set()
    todo = list(expressions)
    while todo:
        e = todo.pop()
        if e.get_id() in seen:
            continue
        seen.add(e.get_id())
        if z3.is_bv(e) and e.num_args() == 0 and e.decl().kind() == z3.Z3_OP_UNINTERPRETED:
            found[e.decl().name()] = e
        todo.extend(e.children())
    return [found[name] for name in sorted(found)]


def _sampled(facts: Sequence[Any], effort: int, samples: range) -> Any | None:
    """A model of some facts, found by trying these samples: products are hard, but not those of numbers."""
    variables = _variables(facts)
    together = z3.And(*facts)
    for sample in samples:
        rng = random.Random(sample)
        values = []
        for v in variables:
            # All ones, zeros or random bits in each 16 of them; first the least signed number in each lane, whose
            # square is the one that saturates.
            if sample < len(_LEAST):
                value = _LEAST[sample]
            else:
                each = [rng.choice((0, 0xFFFF, 1, 0x8000, rng.getrandbits(16))) for _ in range(0, v.size(), 16)]
                value = sum(x << 16 * k for k, x in enumerate(each))
            values.append((v, z3.BitVecVal(value, v.size())))
        # Most samples are none; what is left of the others, such as what memory holds, is a solver's.
        if z3.is_false(z3.simplify(z3.substitute(together, *values))):
            continue
        at = z3.Solver()
        at.set("rlimit", effort)
        at.add(*facts, *(v == n for v, n in values))
        if at.check() == z3.sat:
            return at.model()
    return None


def compare_word(i: Instruction, translator: Translator, *, effort: int = EFFORT) -> Verdict:
    """Whether an instruction means the same to P-code, for all values."""
    ops = translator.operations(i.word, _PC)
    if ops is None:
        return Verdict("unsupported", ("not decoded",))
    try:
        start, m, memory = _ours(i)
    except UndefinedInstruction:
        return Verdict("unsupported", ("UNDEFINED or CONSTRAINED UNPREDICTABLE",))
    except AlignmentFault:
        return Verdict("unsupported", ("an alignment fault that no assumption excludes",))
    except ExceptionTaken as e:
        return Verdict("unsupported", (f"exception {e.kind}",))
    except BudgetError:
        return Verdict("undecided", ("budget of terms used up",))
    except Exception as e:  # noqa: BLE001 - a crash of the class under test is a finding
        return Verdict("differ", (f"our execute() failed: {type(e).__name__}: {e}",))
    try:
        finals = run(ops, start.pcode(translator.registers), _PC + 4, HARMLESS)
        pairs, stored, theirs = _pairs(start, m, memory, finals, translator.registers)
    except Unsupported as e:
        return Verdict("unsupported", (str(e),))
    if start.bridge.applications:
        return Verdict("undecided", ("a function opaque on terms",))
    side = start.bridge.side
    return _decide(pairs + _memories(stored, theirs, side, effort), side, effort)


def _excuse(
    i: Instruction, isa: InstructionSet, core: UnicornCore, exceptions: Sequence[PcodeException]
) -> tuple[str | None, str]:
    """The exception for a word that differs, if Unicorn, too, says that we are right; else what is wrong."""
    found = next((e for e in exceptions if e.covers(i.word)), None)
    if found is None:
        return None, ""
    r = check_execute_words(isa, [i.word], seed=0, states=range(16), seconds=float("inf"), core=core)
    if r.ok and r.evidence:
        return found.name, ""
    return None, f"excepted as {found.name!r}, but Unicorn does not confirm us: {r.mismatches or dict(r.skipped)}"


def check_pcode_word(
    i: Instruction,
    isa: InstructionSet,
    result: PcodeResult,
    translator: Translator,
    core: UnicornCore,
    *,
    effort: int = EFFORT,
    exceptions: Sequence[PcodeException] = EXCEPTIONS,
) -> None:
    """Compare one instruction, and count into `result`."""
    verdict = compare_word(i, translator, effort=effort)
    if verdict.kind == "undecided" and not any(u.covers(i.word) for u in UNDECIDED):
        verdict = compare_word(i, translator, effort=HARDER * effort)
    result.words += 1
    if verdict.kind == "equal":
        result.equal += 1
    elif verdict.kind == "unsupported":
        result.unsupported[verdict.details[0]] += 1
    elif verdict.kind == "undecided":
        known = next((u for u in UNDECIDED if u.covers(i.word)), None)
        result.undecided[known.name if known is not None else verdict.details[0]] += 1
        if known is None:
            result.unexpected.append(f"{i.word:#010x} {i!r}: {'; '.join(verdict.details)}")
    else:
        name, objection = _excuse(i, isa, core, exceptions)
        if name is not None:
            result.excepted[name] += 1
            return
        result.mismatch_count += 1
        details = verdict.details + ((objection,) if objection else ())
        result.mismatches.append(PcodeMismatch(i.word, repr(i), details))


def check_pcode_class(
    isa: InstructionSet,
    cls: type[Instruction],
    translator: Translator,
    core: UnicornCore,
    *,
    seed: int = 0,
    words: int = 25,
    effort: int = EFFORT,
    tries: int = TRIES,
    stop_after: int | None = None,
) -> PcodeResult:
    """Distinct words of the class in random order until `words` of them are proved equal.

    Ends after `tries` times as many words, ten that Z3 does not decide, or `stop_after` mismatches.
    """
    start = time.process_time()
    result = PcodeResult(cls.__name__, seed)
    seen: set[int] = set()
    for i in ClassWords(cls, seed).instructions(tries * words):
        if result.equal >= words or result.words >= tries * words:
            break
        if sum(result.undecided.values()) >= _UNDECIDED:
            break
        if stop_after is not None and result.mismatch_count >= stop_after:
            break
        if i.word not in seen and len(isa.matches(i.word)) == 1:
            seen.add(i.word)
            check_pcode_word(i, isa, result, translator, core, effort=effort)
    result.seconds = time.process_time() - start
    return result


def stale(isa: InstructionSet, translator: Translator, exceptions: Sequence[PcodeException] = EXCEPTIONS) -> list[str]:
    """Exceptions that are not needed any more: P-code does not differ from us on their examples."""
    out = []
    for e in exceptions:
        for p in e.patterns:
            found = isa.matches(p.example)
            if len(found) != 1 or not p.covers(p.example):
                out.append(f"{e.name}: {p.example:#010x} is no example of the pattern {p.value:#010x}")
                continue
            verdict = compare_word(found[0], translator, effort=10 * EFFORT)
            if verdict.kind in ("equal", "unsupported"):  # undecided is no sign that P-code was put right
                out.append(f"{e.name}: {p.example:#010x} {found[0].assembly(0)} is {verdict.kind}, not different")
    return out
