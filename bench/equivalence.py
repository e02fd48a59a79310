"""Why a mutant of a routine may be proved: evidence that it still computes the same.

A flipped bit can be harmless.  Five reasons are recognised, each checked here by other means
than the proof of the mutant; a proved mutant with none of them is a failure of the prover.

dead code           the word is neither executed nor read on any path of the symbolic run
same effect         both words, run on fresh symbols, do the same to registers, flags, memory and PC
dead difference     what the two words make different (some register bits, the flags) is replaced by
                    fresh unknowns in runs of the original routine: no claim, address, branch,
                    preserved register or byte of memory comes to depend on an unknown
same step           at every arrival of the original's own symbolic run, both words lead to the same
                    registers, flags and memory by the same accesses, and go to the same place;
                    or to what differs in registers and stored bytes only, and is a dead difference
same decision       the two words differ in nothing but where control goes, and at every arrival of
                    the original's own symbolic run the facts decide that it goes to the same place
                    (NOPs on the way count for nothing)
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from unittest import mock

from armsym.bits import Bits, Prop, concat
from armsym.elf import Image
from armsym.errors import ArmsymError
from armsym.isa import Instruction, InstructionSet
from armsym.machine import NZCV, Machine
from armsym.memory import ConcreteMemory
from armsym.proof import run as proof_run
from armsym.proof.concrete import ConcreteProof, flatten
from armsym.proof.declare import Proof
from armsym.proof.engine import Engine
from armsym.proof.loops import Routine
from armsym.proof.result import Status
from armsym.proof.state import State
from armsym.proof.symbolic import SymbolicProof
from armsym.simulate import RETURNED, Fork, Stepper
from armsym.symbolic_memory import SymbolicMemory
from armsym.terms import intern, new_table, ops, var
from armsym.terms.node import ones

__all__ = [
    "Difference",
    "Justification",
    "compare_steps",
    "compare_words",
    "justify",
    "justify_dead_difference",
]

ProofFn = Callable[[Proof], None]

#: Runs of the original routine with unknowns put in, that reach the word.
_RUNS = 3
_MAX_STEPS = 100_000

#: How a difference in the next instruction is called.
CONTROL = "where control goes"


@dataclass(frozen=True)
class Justification:
    """`reason` is one of the four above; `text` is for a person to judge."""

    reason: str
    text: str


class NotComparable(ArmsymError):
    """The effects of two words cannot be set side by side."""


@dataclass
class Difference:
    """What two words make different: bits of registers, by location, and everything else in words."""

    bits: dict[tuple[str, int], int] = field(default_factory=dict)
    loads: bool = False
    #: (n, k): byte k of the n-th store.
    stores: set[tuple[int, int]] = field(default_factory=set)
    other: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        parts = [_location(where, mask) for where, mask in self.bits.items()]
        parts += ["the addresses loaded from"] * self.loads + ["what is stored"] * bool(self.stores)
        return ", ".join([*parts, *self.other]) or "nothing"


def _location(where: tuple[str, int], mask: int) -> str:
    kind, n = where
    if kind == "nzcv":
        return "flags " + "".join(c for c, k in zip("NZCV", (3, 2, 1, 0), strict=True) if mask >> k & 1)
    name = "sp" if kind == "sp" else f"{kind}{n}"
    low, high = (mask & -mask).bit_length() - 1, mask.bit_length() - 1
    return f"{name}<{high}:{low}>"


# -- two words side by side -------------------------------------------------------------------


class _Unknown:
    """Memory of which nothing is known: a byte is an uninterpreted function of its address."""

    def __init__(self) -> None:
        self.loaded: set[int] = set()
        self.stored: dict[int, Bits] = {}

    def load(self, address: Bits, size: int) -> Bits:
        if self.stored:
            raise NotComparable("a load after a store in one instruction")
        found = []
        for k in range(size):
            a = address + k
            self.loaded.add(_key(a))
            found.append(Bits(8, ops.apply("memory", 8, [(64, a.value)])))
        return concat(*reversed(found))

    def look(self, address: Bits, size: int) -> Bits:
        return self.load(address, size)

    def store(self, address: Bits, value: Bits) -> None:
        for k, byte in enumerate(value.elems(8)):
            self.stored[_key(address + k)] = byte

    def fork(self) -> _Unknown:
        raise NotComparable("memory of unknowns is not forked")


def _key(a: Bits) -> int:
    # Terms are hash-consed, so equal normal forms have equal ids; ~id keeps numbers apart from them.
    return a.value if isinstance(a.value, int) else ~intern(a.value).id


def _run_word(i: Instruction, start: Machine) -> tuple[Machine, _Unknown]:
    memory = _Unknown()
    m = Machine(x=start.x[:], sp=start.sp, v=start.v[:], nzcv=start.nzcv, pc=start.pc, memory=memory)
    i.execute(m)
    return m, memory


def compare_words(isa: InstructionSet, first: int, second: int) -> Difference:
    """What the two words make different in any state; raises `ArmsymError` where that cannot be told."""
    new_table()
    start = Machine(
        x=[Bits(64, var(f"x{n}", 64)) for n in range(31)],
        sp=Bits(64, var("sp", 64, possible=ones(64) & ~15)),
        v=[Bits(128, var(f"v{n}", 128)) for n in range(32)],
        nzcv=NZCV.of_bits(Bits(4, var("nzcv", 4))),
        pc=Bits(64, var("pc", 64, possible=ones(64) & ~3)),
        memory=_Unknown(),
    )
    (a, am), (b, bm) = _run_word(isa.decode(first), start), _run_word(isa.decode(second), start)
    d = Difference()
    for where, p, q in _locations(a, b):
        mask = _differing(p, q)
        if mask:
            d.bits[where] = mask
    d.loads = am.loaded != bm.loaded
    if am.stored.keys() != bm.stored.keys():
        d.other.append("the addresses stored to")
    elif any((am.stored[k] == bm.stored[k]).value is not True for k in am.stored):
        d.other.append("the bytes stored")
    if not _same_branch(a, b):
        d.other.append(CONTROL)
    if (a.dit == b.dit).value is not True:
        d.other.append("PSTATE.DIT")
    return d


def _differing(p: Bits, q: Bits) -> int:
    """The bits that are not the same term in both, found by halving: a slice may have a simpler form."""
    if (p == q).value is True:
        return 0
    if p.width == 1:
        return 1
    half = p.width // 2
    high = _differing(p[p.width - 1 : half], q[p.width - 1 : half])
    return high << half | _differing(p[half - 1 : 0], q[half - 1 : 0])


def _locations(a: Machine, b: Machine) -> Iterator[tuple[tuple[str, int], Bits, Bits]]:
    for n in range(31):
        yield ("x", n), a.x[n], b.x[n]
    for n in range(32):
        yield ("v", n), a.v[n], b.v[n]
    yield ("sp", 0), a.sp, b.sp
    yield ("nzcv", 0), a.nzcv.bits, b.nzcv.bits


def _same_branch(a: Machine, b: Machine) -> bool:
    if a.branch_target is None or b.branch_target is None:
        return a.branch_target is b.branch_target
    if (a.branch_target == b.branch_target).value is not True:
        return False
    p = Prop(True) if a.branch_condition is None else a.branch_condition
    q = Prop(True) if b.branch_condition is None else b.branch_condition
    return (p.bit == q.bit).value is True


# -- runs with unknowns -------------------------------------------------------------------------


class _Mixed(ConcreteMemory):
    """Bytes that are numbers or unknowns; addresses are numbers."""

    def __init__(self, memory: ConcreteMemory) -> None:
        super().__init__(memory.fork().regions)
        self.unknown: dict[int, Bits] = {}
        #: Addresses of the stores since this was last cleared.
        self.stored: list[int] = []

    def load(self, address: Bits, size: int) -> Bits:
        value = super().load(address, size)
        if self.unknown:
            for k in range(size):
                byte = self.unknown.get(address.uint + k)
                if byte is not None:
                    value = value.with_elem(k, byte)
        return value

    def store(self, address: Bits, value: Bits) -> None:
        numbers = [b if b.is_concrete else Bits(8, 0) for b in value.elems(8)]
        super().store(address, Bits.from_elems(numbers))
        self.stored.append(address.uint)
        for k, byte in enumerate(value.elems(8)):
            if byte.is_concrete:
                self.unknown.pop(address.uint + k, None)
            else:
                self.unknown[address.uint + k] = byte


class _Depends(Exception):
    """Something that must not depends on an unknown."""


def _spoil(m: Machine, d: Difference, k: int) -> None:
    """Replace what differs by fresh unknowns."""
    for (kind, n), mask in d.bits.items():
        width = {"x": 64, "sp": 64, "v": 128, "nzcv": 4}[kind]
        unknown = Bits(width, var(f"unknown{k}", width)) & mask
        keep = ones(width) & ~mask
        if kind == "x":
            m.x[n] = (m.x[n] & keep) | unknown
        elif kind == "v":
            m.v[n] = (m.v[n] & keep) | unknown
        elif kind == "sp":
            m.sp = (m.sp & keep) | unknown
        else:
            m.nzcv = NZCV.of_bits((m.nzcv.bits & keep) | unknown)


def _run_spoilt(p: ConcreteProof, at: int, d: Difference) -> int:
    """Run the original with unknowns after each execution of the word at `at`; how often that was."""
    t = p.start()
    m = t.entry.fork()
    assert isinstance(m.memory, ConcreteMemory)
    memory = m.memory = _Mixed(m.memory)

    def leak(kind: str, value: Bits) -> None:
        if not value.is_concrete:
            raise _Depends(f"a {kind} depends on it")

    m.on_leak = leak
    stepper = Stepper(p.routine.isa, p.routine.image, Bits(64, t.base), Bits(64, t.return_address))
    offset, reached = p.routine.entry, 0
    for _ in range(_MAX_STEPS):
        if offset == RETURNED:
            break
        memory.stored.clear()
        to = stepper.step(m, offset)
        if isinstance(to, Fork):
            raise _Depends("a branch depends on it")
        if offset == at:
            _spoil(m, d, reached)
            for n, k in d.stores:
                memory.unknown[memory.stored[n] + k] = Bits(8, var(f"stored{reached}.{n}.{k}", 8))
            reached += 1
        offset = to
    if offset != RETURNED:
        raise _Depends("the routine did not return")
    for _, register, before, now in p._d.interface.pairs(t.entry, m):
        _same(now, before, register)
    _same(m.sp, t.entry.sp, "sp")
    for address in memory.unknown:
        r = memory.find(address, 1)
        assert r is not None
        if r.name != "stack":  # below SP by now
            raise _Depends(f"memory at {r.name}+{address - r.base:#x} depends on it")
    m.memory = ConcreteMemory(memory.regions)
    for ensures in p._d.ensures:
        for name, claim in ensures(State(m)).items():
            if any(q.value is not True for q in flatten(claim)):
                raise _Depends(f"the claim {name!r} depends on it")
    return reached


def _same(now: Bits, before: Bits, name: str) -> None:
    if (now == before).value is not True:
        raise _Depends(f"{name} depends on it")


def justify_dead_difference(fn: ProofFn, routine: Routine, at: int, d: Difference) -> str:
    """How often the difference was shown not to matter, in words; empty when it may matter.

    `routine` is the original; `at` the offset of the word whose effect differs by `d`.
    """
    if d.other or not (d.bits or d.loads or d.stores):
        return ""
    reached = runs = 0
    for k in range(24):
        new_table()
        p = ConcreteProof(routine, 300 + k, 400 + k, k % 4)
        fn(p)
        if p.unmet:
            continue
        try:
            times = _run_spoilt(p, at, d)
        except (_Depends, ArmsymError):
            return ""
        reached += times
        runs += times > 0
        if runs == _RUNS:
            return f"{d} made unknown {reached} times in {runs} runs of the original: nothing depends on it"
    return ""


# -- branches that decide the same ---------------------------------------------------------------


_NOP = 0xD503201F


class _Both:
    """A stepper that also asks, at one offset, where another word would have gone, and with what effect."""

    def __init__(self, engine: Engine, other: Stepper, at: int) -> None:
        self._engine, self._own, self._other, self._at = engine, engine.stepper, other, at
        self.arrivals = self.differing = 0
        #: All that the two words made different at any arrival.
        self.apart = Difference()

    def step(self, m: Machine, offset: int) -> int | Fork:
        if offset != self._at:
            return self._own.step(m, offset)
        assert isinstance(m.memory, SymbolicMemory)
        second, before = m.fork(), len(m.memory.log)
        second.on_leak = lambda _kind, _value: None
        there: int | Fork | None
        try:
            there = self._where(self._other.step(second, offset))
        except ArmsymError:
            there = None
        to = self._own.step(m, offset)
        here = self._where(to)
        self.arrivals += 1
        if isinstance(here, Fork) and isinstance(there, Fork):
            same = (here.taken, here.otherwise) == (there.taken, there.otherwise)
            same = same and self._decide(here.cond ^ there.cond) == 0
        else:
            same = here == there
        self.differing += not same
        d = _apart(m, second, before)
        self.apart.bits |= d.bits
        self.apart.stores |= d.stores
        self.apart.other += d.other
        return to

    def offset_of(self, target: Bits) -> int:
        return self._own.offset_of(target)

    def _decide(self, p: Prop) -> int | None:
        context = self._engine.p.context
        assert context is not None
        return context.path.knowledge.decide(p.bit.value)

    def _where(self, to: int | Fork) -> int | Fork:
        if isinstance(to, Fork):
            known = self._decide(to.cond)
            if known is None:
                return to
            to = to.taken if known else to.otherwise
        # Padding before a function does nothing.
        while to != RETURNED and self._engine.image.word(to) == _NOP:
            to += 4
        return to


def _apart(a: Machine, b: Machine, since: int) -> Difference:
    """How the machines differ that one step made of two equal ones; `since` is how many accesses there were before."""
    d = Difference()
    pairs = [(("x", n), x, y) for n, (x, y) in enumerate(zip(a.x, b.x, strict=True))]
    pairs += [(("v", n), x, y) for n, (x, y) in enumerate(zip(a.v, b.v, strict=True))]
    for where, x, y in [*pairs, (("sp", 0), a.sp, b.sp), (("nzcv", 0), a.nzcv.bits, b.nzcv.bits)]:
        if (x == y).value is not True:
            d.bits[where] = ones(x.width)
    if (a.dit == b.dit).value is not True:
        d.other.append("DIT")
    assert isinstance(a.memory, SymbolicMemory)
    assert isinstance(b.memory, SymbolicMemory)
    made, other = (
        [(x.region, x.symbolic, x.constant, x.size, x.store) for x in m.log[since:]] for m in (a.memory, b.memory)
    )
    if made != other:
        d.other.append("accesses")
    for which, (r, at, k, n, _) in enumerate(x for x in made if x[4]):
        both = zip(a.memory.peek(r, at, k, n).elems(8), b.memory.peek(r, at, k, n).elems(8), strict=True)
        d.stores |= {(which, j) for j, (x, y) in enumerate(both) if (x == y).value is not True}
    return d


def compare_steps(fn: ProofFn, original: Routine, mutant: Image, at: int) -> tuple[str, Difference]:
    """How often both words were shown to go the same way, in words (else empty), and with what different effects."""
    watching: list[_Both] = []

    class Comparing(Engine):
        def __init__(self, p: SymbolicProof, *rest: Any, **named: Any) -> None:
            super().__init__(p, *rest, **named)
            other = Stepper(original.isa, mutant, p.places, p.lr0)
            both = _Both(self, other, at)
            self.stepper = both  # type: ignore[assignment]
            watching.append(both)

    with mock.patch.object(proof_run, "Engine", Comparing):
        image, symbol = original.image, original.symbol
        r = proof_run.prove(fn, name="original", image=image, symbol=symbol, isa=original.isa)
    arrivals = sum(b.arrivals for b in watching)
    apart = Difference()
    for b in watching:
        apart.bits |= b.apart.bits
        apart.stores |= b.apart.stores
        apart.other += b.apart.other
    if r.status is not Status.PROVED or not arrivals or any(b.differing for b in watching):
        return "", apart
    return f"at each of {arrivals} arrivals of the original's symbolic run both go to the same place", apart


# -- the judgement ------------------------------------------------------------------------------


def justify(
    fn: ProofFn, original: Routine, mutant: Image, at: int, *, executed: set[int], read: set[int]
) -> Justification | None:
    """Why the proved mutant, changed in the word at offset `at`, still computes the same, if so.

    `executed` are the offsets of the instructions that the mutant's symbolic run executed, `read`
    those of the bytes of the image it loaded.
    """
    if at not in executed and not read & set(range(at, at + 4)):
        return Justification("dead code", "the word is neither executed nor read on any path")
    isa = original.isa
    try:
        d = compare_words(isa, original.image.word(at), mutant.word(at))
    except ArmsymError:
        return None
    if not d.bits and not d.loads and not d.other:
        return Justification("same effect", "on fresh symbols both words do the same")
    if d.other == [CONTROL] and not d.bits and not d.loads:
        text, _ = compare_steps(fn, original, mutant, at)
        return Justification("same decision", text) if text else None
    text = justify_dead_difference(fn, original, at, d)
    if text:
        return Justification("dead difference", text)
    text, there = compare_steps(fn, original, mutant, at)
    if not text or there.other:
        return None
    if not there.bits and not there.stores:
        return Justification("same step", f"{text}, and have the same effect")
    dead = justify_dead_difference(fn, original, at, there)
    return Justification("dead difference", f"{text}, and differ in {there}; {dead}") if dead else None
