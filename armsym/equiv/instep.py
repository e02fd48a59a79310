"""Two routines instruction by instruction, side by side: they are equal where both do the same to equal values.

Nothing has to be declared: whatever X0 points to, both find the same there.  Of each register it is kept whether both
hold the same value, or which value each holds in terms of what does not change (SP on entry, the
return address, where each image lies).  A state met before is not followed again, so loops of any length end.

An instruction is executed on symbols for both, and what it leaves is compared; so the two need not be the same
words.  Whatever cannot be shown equal ends the comparison: nothing is said then.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias

from armsym.bits import Bits, Prop
from armsym.elf import Image
from armsym.equiv.outputs import Outputs
from armsym.errors import ArmsymError
from armsym.isa import InstructionSet
from armsym.machine import NZCV, Machine
from armsym.proof.image_memory import image_regions
from armsym.proof.places import Places
from armsym.stepper import RETURNED, Executable
from armsym.symbolic_memory import SymbolicMemory, signed, variable
from armsym.terms import ops
from armsym.terms.evaluate import free_terms
from armsym.terms.linear import linear_view, make_sum
from armsym.terms.node import Term, Value, Var, intern, ones

__all__ = ["ASSUMED", "InStep", "Told"]

#: What this takes for granted, as sentences.
ASSUMED = (
    "both start with the same registers, flags and memory, but for where each file lies",
    "no access at an address made of what is given, or found in memory, meets a file or lies below SP on entry",
    "what lies below SP stays as the routine left it: no signal handler uses this stack",
)

#: A table of the file that is indexed by a value of unknown bits is compared over all that these may reach.
SPAN = 1 << 16
#: A register that held so many numbers at one place is taken for any value there; vectors are seldom addresses.
NUMBERS = 160
VECTORS = 4

#: So many instructions that touch no memory are looked at to find where two that part meet again: at so many words
#: alike, unless the next one touches memory.
AHEAD = 48
ALIKE = 3

#: What is known of a location: (value in the first, value in the second) in terms of what never changes, None for a
#: side of which that is not known; the same and
#: the bits that may be 1 of what is added in both, the same; those bits of a value that is the same in both; or None
#: where the two may differ.  Bits are given as a negative number where the value may be an address of the stack.
Known: TypeAlias = "tuple[Value | None, Value | None] | tuple[Value, Value, int] | int | None"


class Slot(NamedTuple):
    """Memory at SP on entry + `at`, of which more is known than that both have the same there."""

    at: int
    size: int
    known: Known


class State(NamedTuple):
    """Where both are, and what is known there.  Memory without a slot is equal in both.

    `escaped` is whether memory without a slot may hold the address of the stack.
    """

    at: tuple[int, int]
    x: tuple[Known, ...]
    sp: Known
    v: tuple[Known, ...]
    flags: tuple[Known, ...]
    dit: Known
    slots: tuple[Slot, ...]
    escaped: bool


@dataclass
class Told:
    """What came of it: `reason` is why nothing is said, else both do the same.

    words       pairs of places at which both were; `differing` those of them with different words
    states      states looked at
    parted      the two instructions at which they part; None for a limit, and on return
    assumed     what had to be assumed besides
    """

    reason: str = ""
    words: int = 0
    differing: int = 0
    states: int = 0
    parted: tuple[int, int] | None = None
    assumed: set[str] = field(default_factory=set)

    @property
    def same(self) -> bool:
        """Whether both were shown to do the same."""
        return not self.reason


class _Part(Exception):
    """The two are not shown to do the same here."""


class _Log:
    """Memory of one instruction: accesses are noted, loads answered from a list."""

    def __init__(self, values: list[Bits] | None, tag: str) -> None:
        self.values, self.tag = values, tag
        self.loads: list[tuple[Bits, int]] = []
        self.stores: list[tuple[Bits, Bits]] = []

    def load(self, address: Bits, size: int) -> Bits:
        if self.stores:
            raise _Part("an instruction that loads after it has stored")
        self.loads.append((address, size))
        if self.values is None:
            return variable(f"{self.tag}{len(self.loads)}", 8 * size, secret=False)
        return self.values[len(self.loads) - 1]

    def look(self, address: Bits, size: int) -> Bits:
        return self.load(address, size)

    def store(self, address: Bits, value: Bits) -> None:
        self.stores.append((address, value))

    def fork(self) -> _Log:
        raise NotImplementedError("one instruction does not fork memory")


class _Side:
    """One of the two routines."""

    def __init__(self, image: Image, isa: InstructionSet, return_address: Value) -> None:
        self.image, self.isa, self.places = image, isa, Places(image)
        self.memory = SymbolicMemory(list(image_regions(self.places)))
        self.back = return_address
        self._decoded: dict[int, tuple[Executable, Bits]] = {}

    def fetch(self, at: int) -> tuple[Executable, Bits]:
        found = self._decoded.get(at)
        if found is None:
            i = self.isa.decode(self.image.word(at))
            found = self._decoded[at] = self.places.linked(i, at, self.isa)
        return found

    def assumptions(self) -> set[str]:
        """What the instructions executed take for granted of the core."""
        found = (self.isa.decode(self.image.word(at)).assumption() for at in self._decoded)
        return {a for a in found if a is not None}

    def where(self, at: int) -> str:
        if at == RETURNED:
            return "its return"
        try:
            text = self.isa.decode(self.image.word(at)).assembly(at)
        except ArmsymError:
            text = "not decoded"
        return f"{at:#x} <{self.image.symbolize(at)}> {text}"

    def offset(self, target: Value) -> int:
        if target is self.back:
            return RETURNED
        found = self.places.offset(Bits(64, target))
        if found is None:
            raise _Part(f"a branch to {target}, which is not known")
        return found


class InStep:
    """The comparison of two routines from their first instructions.  `run` gives what came of it."""

    def __init__(
        self,
        first: tuple[Image, int],
        second: tuple[Image, int],
        isa: InstructionSet,
        outputs: Outputs,
        *,
        same_globals: frozenset[str] = frozenset(),
        max_states: int = 100_000,
    ) -> None:
        self._lr = intern(_var(variable("lr", 64, secret=False, possible=ones(64) & ~3)))
        self._sp = intern(_var(variable("sp", 64, secret=False, possible=ones(64) & ~15)))
        self.a, self.b = (_Side(image, isa, self._lr) for image, _ in (first, second))
        self._entry = (first[1], second[1])
        self._outputs, self._max = outputs, max_states
        self._globals = same_globals
        #: The variables that stand for what changes; all others keep their value throughout.
        self._passing: set[int] = set()
        #: SP on entry, and the variables that may hold an address of the stack.
        self._stacked: set[Term] = {self._sp}
        self._hidden: dict[int, bool] = {}
        self._pool: dict[tuple[str, int, int], Bits] = {}
        self._pairs: dict[tuple[str, int, Known], tuple[Bits, Bits]] = {}
        self._exact: dict[int, bool] = {}
        self._told = Told()
        self._executed: dict[tuple[int, int], bool] = {}
        self._numbers: dict[tuple[int, int, str, int], set[int]] = {}

    # -- the whole ----------------------------------------------------------------------------

    def run(self) -> Told:
        """Follow both until no state is left that was not met before."""
        any64, told = ones(64), self._told
        fixed = [side.image.path for side in (self.a, self.b) if side.image.fixed_base]
        if fixed:
            # An address in it is a number, like any other: it would pass for memory that both share.
            told.reason = f"{fixed[0]} is linked to a fixed address"
            return told
        start = State(
            at=self._entry,
            x=(*[any64] * 30, (self._lr, self._lr)),
            sp=(self._sp, self._sp),
            v=(ones(128),) * 32,
            flags=(1,) * 4,
            dit=1,
            slots=(),
            escaped=False,
        )
        seen, todo = {start}, [start]
        at = self._entry
        try:
            while todo:
                state = todo.pop()
                at = state.at
                if at == (RETURNED, RETURNED):
                    self._returned(state)
                    continue
                if RETURNED in at:
                    raise _Part("one returns and the other does not")
                for to in self._step(state):
                    new = self._widened(to)
                    if new not in seen:
                        seen.add(new)
                        todo.append(new)
                if len(seen) > self._max:
                    at = (RETURNED, RETURNED)
                    raise _Part(f"more than {self._max} states")
        except (_Part, ArmsymError) as e:
            told.reason = str(e)
            if at != (RETURNED, RETURNED):
                told.reason = f"{self.a.where(at[0])} | {self.b.where(at[1])}: {e}"
                told.parted = at
        for side in (self.a, self.b):
            told.assumed |= side.assumptions()
        told.words, told.states = len(self._executed), len(seen)
        told.differing = sum(self._executed.values())
        return told

    def _widened(self, state: State) -> State:
        """The state, without the numbers of registers that hold ever new ones there."""
        found = []
        for kind, registers, limit in (("x", state.x, NUMBERS), ("v", state.v, VECTORS)):
            new = list(registers)
            for n, known in enumerate(registers):
                if isinstance(known, tuple) and isinstance(known[0], int) and _equal(known):
                    numbers = self._numbers.setdefault((*state.at, kind, n), set())
                    if len(numbers) < limit:
                        numbers.add(known[0])
                    elif known[0] not in numbers:
                        new[n] = ones(64 if kind == "x" else 128)
            found.append(tuple(new))
        return state._replace(x=found[0], v=found[1])

    def _returned(self, s: State) -> None:
        o = self._outputs
        found = [(f"x{n}", s.x[n]) for n in sorted(o.of_kind("x", "w"))]
        found += [(f"v{n}", s.v[n]) for n in sorted(o.of_kind("v", "d", "s"))]
        found += [("sp", s.sp), ("PSTATE.DIT", s.dit)]
        if o.flags:
            found += list(zip("NZCV", s.flags, strict=True))
        for name, known in found:
            if not _equal(known):
                raise _Part(f"on return {name} may differ")
        for slot in s.slots:
            if slot.at + slot.size > 0 and not _equal(slot.known):
                raise _Part(f"on return memory at SP{slot.at:+d} may differ")

    # -- values -------------------------------------------------------------------------------

    def _put(self, kind: str, n: int, width: int, known: Known) -> tuple[Bits, Bits]:
        """The two values that stand for what is known of a location."""
        key = (kind, n, known)
        found = self._pairs.get(key)
        if found is None:
            found = self._pairs[key] = self._new_pair(kind, n, width, known)
        return found

    def _new_pair(self, kind: str, n: int, width: int, known: Known) -> tuple[Bits, Bits]:
        if known is None:
            known = None, None
        if isinstance(known, tuple):
            first, second = (
                self._variable(f"{side}.{kind}", n, width, ones(width)) if v is None else Bits(width, v)
                for side, v in zip(("first", "second"), known[:2], strict=True)
            )
            if len(known) == 2:
                return first, second
            more = self._variable(f"more.{kind}", n, width, known[2])
            return first + more, second + more
        v = self._variable(kind, n, width, known)
        return v, v

    def _variable(self, kind: str, n: int, width: int, possible: int) -> Bits:
        key = (kind, n, possible)
        found = self._pool.get(key)
        if found is None:
            found = self._pool[key] = variable(f"{kind}{n}", width, secret=False, possible=abs(possible))
            self._passing.add(_var(found).id)
            if possible < 0:
                self._stacked.add(_var(found))
        return found

    def _constant(self, v: Value) -> bool:
        """Whether a value is made of what never changes."""
        if isinstance(v, int):
            return True
        known = self._exact.get(v.id)
        if known is None:
            # What the linker's own code leaves is a secret variable, another one each time.
            known = not ops.is_secret(v) and not any(
                isinstance(t, Var) and t.id in self._passing for t in free_terms(v)
            )
            self._exact[v.id] = known
        return known

    def _of_stack(self, v: Value | None) -> bool:
        """Whether a value may be an address of the stack, or made of one."""
        if v is None or isinstance(v, int):
            return False
        known = self._hidden.get(v.id)
        if known is None:
            known = self._hidden[v.id] = not self._stacked.isdisjoint(free_terms(v))
        return known

    def _mask(self, t: Term) -> int:
        """The bits of a value that may be 1, where they are few; else all of the register, or its low half."""
        bits = t.pb if t.pb <= SPAN else ones(32) if t.pb <= ones(32) else ones(t.width)
        return -bits if self._of_stack(t) else bits

    def _known(self, a: Bits, b: Bits) -> Known:
        """What is known of a location that holds these values."""
        u, w = _interned(a.value), _interned(b.value)
        if self._constant(u) and self._constant(w):
            return u, w
        if u is w:
            assert isinstance(u, Term)
            return self._mask(u)
        if a.width == 64 and isinstance(u, Term) and isinstance(w, Term):
            (base, more), (other, same) = self._parted(u), self._parted(w)
            if isinstance(more, Term) and _same(more, same):
                return base, other, self._mask(intern(more))
        if self._constant(u) or self._constant(w):
            return u if self._constant(u) else None, w if self._constant(w) else None
        return None

    def _parted(self, v: Term) -> tuple[Value, Value]:
        """A sum of 64 bits as what never changes, and the rest."""
        terms, constant = linear_view(v)
        fixed = make_sum(64, {t: c for t, c in terms.items() if self._constant(t)}, constant)
        return _interned(fixed), _interned(make_sum(64, {t: c for t, c in terms.items() if not self._constant(t)}, 0))

    # -- one step -----------------------------------------------------------------------------

    def _machines(self, s: State, la: _Log, lb: _Log) -> tuple[Machine, Machine]:
        x = [self._put("x", n, 64, k) for n, k in enumerate(s.x)]
        v = [self._put("v", n, 128, k) for n, k in enumerate(s.v)]
        flags = [self._put("flag", n, 1, k) for n, k in enumerate(s.flags)]
        sp, dit = self._put("sp", 0, 64, s.sp), self._put("dit", 0, 1, s.dit)
        found = []
        for side, log in ((0, la), (1, lb)):
            m = Machine(
                x=[p[side] for p in x],
                sp=sp[side],
                v=[p[side] for p in v],
                nzcv=NZCV.of(*(Prop._of(p[side].value) for p in flags)),
                pc=Bits(64, 0),
                memory=log,
            )
            m.dit = dit[side]
            found.append(m)
        return found[0], found[1]

    def _execute(
        self, s: State, values: tuple[list[Bits], list[Bits]] | None
    ) -> tuple[tuple[Machine, Machine], tuple[Machine, Machine], tuple[_Log, _Log]]:
        """(machines before, machines after, accesses)."""
        logs = (_Log(None, "la"), _Log(None, "lb")) if values is None else (_Log(values[0], ""), _Log(values[1], ""))
        machines = self._machines(s, *logs)
        before = tuple(_shallow(m) for m in machines)
        for side, m, at in zip((self.a, self.b), machines, s.at, strict=True):
            i, m.pc = side.fetch(at)
            i.execute(m)
        return (before[0], before[1]), machines, logs

    def _ahead(self, side: _Side, m: Machine, at: int) -> tuple[list[int], list[Machine]]:
        """The instructions from `at` that touch no memory and branch by no condition: their offsets, that of the next
        one last, and the machine before each."""
        log = m.memory
        assert isinstance(log, _Log)
        places, machines = [at], [m]
        while len(places) <= AHEAD:
            m = _shallow(m)
            try:
                i, m.pc = side.fetch(at)
                i.execute(m)
                if log.loads or log.stores or m.branch_condition is not None:
                    break
                at = at + 4 if m.branch_target is None else side.offset(_interned(m.branch_target.value))
            except (_Part, ArmsymError):
                break
            if at == RETURNED:
                break
            places.append(at)
            machines.append(m)
        return places, machines

    def _meeting(self, pa: list[int], pb: list[int]) -> tuple[int, int]:
        """How many instructions each goes ahead until both are before the same words, or neither can go on.

        So after it both execute an instruction: no round of a loop leaves one of them where it was.
        """
        wa, wb = [self.a.image.word(at) for at in pa], [self.b.image.word(at) for at in pb]
        for total in range(1, len(pa) + len(pb) - 1):
            for i in range(max(0, total - len(pb) + 1), min(total, len(pa) - 1) + 1):
                j = total - i
                n = min(len(wa) - i, len(wb) - j, ALIKE)
                if wa[i : i + n] == wb[j : j + n]:
                    return i, j
        if max(len(pa), len(pb)) > AHEAD:
            raise _Part(f"one goes on for {AHEAD} instructions where the other is not seen to do the same")
        return len(pa) - 1, len(pb) - 1

    def _step(self, s: State) -> Iterator[State]:
        words = tuple(side.image.word(at) for side, at in zip((self.a, self.b), s.at, strict=True))
        self._executed[s.at] = words[0] != words[1]
        if words[0] != words[1]:
            ma, mb = self._machines(s, _Log(None, "la"), _Log(None, "lb"))
            (pa, na), (pb, nb) = self._ahead(self.a, ma, s.at[0]), self._ahead(self.b, mb, s.at[1])
            i, j = self._meeting(pa, pb)
            if i or j:
                yield self._after(s, (ma, mb), (na[i], nb[j]), list(s.slots), s.escaped, (pa[i], pb[j]))
                return
        before, after, logs = self._execute(s, None)
        slots, escaped = list(s.slots), s.escaped
        if logs[0].loads or logs[1].loads:
            loaded = self._loaded(s, logs)
            addresses = [[a.value for a, _ in log.loads] for log in logs]
            before, after, logs = self._execute(s, loaded)
            again = [[a.value for a, _ in log.loads] for log in logs]
            if any(not _same(p, q) for u, w in zip(addresses, again, strict=True) for p, q in zip(u, w, strict=True)):
                raise _Part("an address depends on what the same instruction loads")
        slots, hidden = self._stored(slots, logs)
        for at in self._successors(s.at, *after):
            yield self._after(s, before, after, slots, escaped or hidden, at)

    def _after(
        self,
        s: State,
        before: tuple[Machine, Machine],
        after: tuple[Machine, Machine],
        slots: list[Slot],
        escaped: bool,
        at: tuple[int, int],
    ) -> State:
        """What is known after the machines went from `before` to `after`."""
        x, v = list(s.x), list(s.v)
        (ma, mb), (oa, ob) = after, before
        for registers, kind in ((x, "x"), (v, "v")):
            pa, pb, qa, qb = (getattr(m, kind) for m in (ma, mb, oa, ob))
            for n in range(len(registers)):
                if pa[n] is not qa[n] or pb[n] is not qb[n]:
                    registers[n] = self._known(pa[n], pb[n])
        sp, flags, dit = s.sp, s.flags, s.dit
        if ma.sp is not oa.sp or mb.sp is not ob.sp:
            sp = self._known(ma.sp, mb.sp)
        if ma.nzcv is not oa.nzcv or mb.nzcv is not ob.nzcv:
            flags = tuple(self._known(getattr(ma.nzcv, c).bit, getattr(mb.nzcv, c).bit) for c in "NZCV")
        if ma.dit is not oa.dit or mb.dit is not ob.dit:
            dit = self._known(ma.dit, mb.dit)
        return State(at, tuple(x), sp, tuple(v), flags, dit, tuple(slots), escaped)

    def _successors(self, at: tuple[int, int], ma: Machine, mb: Machine) -> Iterator[tuple[int, int]]:
        ways: list[tuple[Prop | None, int, int]] = []
        for side, m, here in ((self.a, ma, at[0]), (self.b, mb, at[1])):
            target = m.branch_target
            if target is None:
                ways.append((None, here + 4, here + 4))
            else:
                to = side.offset(_interned(target.value))
                condition = m.branch_condition
                ways.append((None, to, to) if condition is None else (condition, to, here + 4))
        (ca, ta, na), (cb, tb, nb) = ways
        if ca is None and cb is None:
            yield ta, tb
            return
        if ca is None or cb is None:
            raise _Part("one branches by a condition and the other does not")
        if _same(ca.bit.value, cb.bit.value):
            yield ta, tb
            yield na, nb
        elif _same((~ca).bit.value, cb.bit.value):
            yield ta, nb
            yield na, tb
        else:
            raise _Part(f"the branch conditions are not shown to be equal: {ca.value} and {cb.value}")

    # -- memory -------------------------------------------------------------------------------

    def _loaded(self, s: State, logs: tuple[_Log, _Log]) -> tuple[list[Bits], list[Bits]]:
        """The values that both load."""
        la, lb = (log.loads for log in logs)
        if [n for _, n in la] != [n for _, n in lb]:
            raise _Part("they load different numbers of bytes")
        first, second = [], []
        for k, ((a, size), (b, _)) in enumerate(zip(la, lb, strict=True)):
            known = self._load(s, _interned(a.value), _interned(b.value), size)
            p, q = self._put("loaded", 100 * size + k, 8 * size, known)
            first.append(p)
            second.append(q)
        return first, second

    def _slot_at(self, a: Value, b: Value) -> int | None:
        """Where a location lies from SP on entry, if both addresses are that and a number."""
        if not isinstance(a, Term) or a is not b:
            return None
        terms, constant = linear_view(a)
        return signed(constant) if terms == {self._sp: 1} else None

    def _load(self, s: State, a: Value, b: Value, size: int) -> Known:
        at = self._slot_at(a, b)
        if at is not None:
            met = [t for t in s.slots if t.at < at + size and at < t.at + t.size]
            if len(met) == 1 and (met[0].at, met[0].size) == (at, size):
                return met[0].known
        elif isinstance(a, int) or isinstance(b, int):
            raise _Part(f"a load at a number: {a} and {b}")
        elif _same(a, b):
            met = self._aliased(s.slots, a)
        else:
            return self._from_files(a, b, size)
        if not all(_equal(t.known) for t in met):
            return None
        stacked = s.escaped or any(self._holds_stack(t.known) for t in met)
        return -ones(8 * size) if stacked else ones(8 * size)

    def _holds_stack(self, known: Known) -> bool:
        """Whether what is known says that it may be an address of the stack."""
        if isinstance(known, tuple):
            return any(self._of_stack(v) for v in known[:2]) or (len(known) == 3 and known[2] < 0)
        return known is not None and known < 0

    def _aliased(self, slots: tuple[Slot, ...] | list[Slot], address: Value) -> list[Slot]:
        """The slots that an access at an address that is no slot's may meet."""
        if self._of_stack(address):
            return list(slots)
        return [t for t in slots if t.at + t.size > 0]

    def _from_files(self, a: Value, b: Value, size: int) -> Known:
        """What both load, each from its own file."""
        name = self._same_global(a, b, size)
        if name is not None:
            self._told.assumed.add(f"{name} holds the same in both files")
            return ones(8 * size)
        ra, sa, ka = self.a.memory.split(Bits(64, a))
        rb, sb, kb = self.b.memory.split(Bits(64, b))
        if sa is None and sb is None:
            u = self.a.memory.load(Bits(64, a), size).value
            w = self.b.memory.load(Bits(64, b), size).value
            return _interned(u), _interned(w)
        if sa is None or sb is None or sa is not sb or sa.pb > SPAN:
            raise _Part(f"loads from tables at {a} and {b}, of which it is not known how far they reach")
        if ra.fixed is None or rb.fixed is None:
            raise _Part(f"loads from {ra.name} and {rb.name}, which may be written")
        # All that the index may reach; a place beyond the end of the data is refused.
        low = sa.pb & -sa.pb
        for k in range(0, sa.pb + size, min(low, size) if low else size):
            n = min(low, size) if low else size
            if not _same(ra.fixed(ka + k, n).value, rb.fixed(kb + k, n).value):
                raise _Part(f"the tables at {ra.name}{ka:+#x} and {rb.name}{kb:+#x} differ at +{k:#x}")
        return ones(8 * size)

    def _same_global(self, a: Value, b: Value, size: int) -> str | None:
        for name in sorted(self._globals):
            found = []
            for side, v in ((self.a, a), (self.b, b)):
                try:
                    symbol = side.image.symbol(name)
                except ArmsymError:
                    return None
                d = side.places.offset(Bits(64, v)) if isinstance(v, Term) else None
                found.append(None if d is None else (d - symbol.offset, symbol.size))
            if found[0] is not None and found[0] == found[1] and 0 <= found[0][0] <= found[0][1] - size:
                return name
        return None

    def _stored(self, slots: list[Slot], logs: tuple[_Log, _Log]) -> tuple[list[Slot], bool]:
        """The slots after the stores of both, and whether an address of the stack got into other memory."""
        la, lb = (log.stores for log in logs)
        if [v.width for _, v in la] != [v.width for _, v in lb]:
            raise _Part("they store different numbers of bytes")
        hidden = False
        for (pa, va), (pb, vb) in zip(la, lb, strict=True):
            a, b, size = _interned(pa.value), _interned(pb.value), va.width // 8
            known = self._known(va, vb)
            at = self._slot_at(a, b)
            if at is not None:
                slots, parts = _with_slot(slots, Slot(at, size, known))
                hidden = hidden or bool(parts and any(self._holds_stack(k) for k in (known, *(t.known for t in parts))))
                continue
            if not _same(a, b) or isinstance(a, int):
                raise _Part(f"stores to different addresses: {a} and {b}")
            if not _equal(known):
                raise _Part(f"stores different values at {a}: {va.value} and {vb.value}")
            met = self._aliased(slots, a)
            hidden = hidden or any(self._holds_stack(k) for k in (known, *(t.known for t in met)))
            # What is equal in both stays so, and no more is known of it; what may differ may still.
            slots = [t._replace(known=None) if t in met else t for t in slots if t not in met or not _equal(t.known)]
        return slots, hidden


def _with_slot(slots: list[Slot], new: Slot) -> tuple[list[Slot], list[Slot]]:
    """The slots after a store to one, and those that were written in part, of which nothing but equality is left."""
    end = new.at + new.size
    met = [t for t in slots if t.at < end and new.at < t.at + t.size]
    parts = [t for t in met if t.at < new.at or t.at + t.size > end]
    kept = [t for t in slots if t not in met]
    low, high = min([new.at, *(t.at for t in parts)]), max([end, *(t.at + t.size for t in parts)])
    known = new.known
    if parts:
        known = ones(8) if all(_equal(t.known) for t in (*parts, new)) else None
    if not isinstance(known, int) or known < 0:  # of memory that is merely equal in both no slot is kept
        kept.append(Slot(low, high - low, known))
    return sorted(kept, key=lambda t: t.at), parts


def _shallow(m: Machine) -> Machine:
    copy = Machine(x=m.x[:], sp=m.sp, v=m.v[:], nzcv=m.nzcv, pc=m.pc, memory=m.memory)
    copy.dit = m.dit
    return copy


def _equal(known: Known) -> bool:
    """Whether both hold the same."""
    if isinstance(known, tuple):
        return len(known) == 2 and _same(known[0], known[1])
    return known is not None


def _same(a: Value | None, b: Value | None) -> bool:
    if a is None or b is None:
        return False
    if isinstance(a, int) or isinstance(b, int):
        return isinstance(a, int) and isinstance(b, int) and a == b
    return intern(a) is intern(b)


def _interned(v: Value) -> Value:
    return v if isinstance(v, int) else intern(v)


def _var(b: Bits) -> Var:
    assert isinstance(b.value, Var)
    return b.value
