"""The data flow of a routine: what each register holds, as far as it is an entry value plus something.

Every instruction is executed once per visit by the instruction semantics themselves, on terms: a
register holds a number, a term over entry values (`x0`, `sp`, `image`), or an unknown.  Where
paths meet, what differs becomes an unknown of that place; if both sides are the same entry value
plus something, that much is kept.  So the run ends, and addresses keep their bases.  Vector
registers hold arbitrary numbers: nothing that matters here is computed in them.

Calls are followed, each from its own place, as far as the file has the code.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from armsym.bits import Bits, Prop
from armsym.errors import ArmsymError, BranchError, UnmodelledInstruction
from armsym.machine import NZCV, Machine
from armsym.proof.loops import Routine
from armsym.symbolic_memory import signed
from armsym.terms.linear import linear_view
from armsym.terms.node import Term, Value, Var, intern, new_table
from armsym.terms.walk import children

__all__ = ["Access", "Call", "Flow", "Node", "Step", "follow", "parts", "variables"]

#: A place in the code: the calls that led there (offsets of the call instructions), and its offset.
Node = tuple[tuple[int, ...], int]

#: Places visited before a routine is called too large to follow.
MAX_VISITS = 200_000
#: Calls within calls that are followed.
MAX_DEPTH = 6
#: Distinct terms in a value that is kept as it is; a larger one becomes an unknown.
MAX_SIZE = 24

M64 = (1 << 64) - 1
_ARBITRARY = 0x9E3779B97F4A7C15F39CC0605CEDC835


@dataclass
class State:
    """What is known where a path stands; `stack` holds 8-byte words by their distance from the entry's SP."""

    x: list[Bits]
    sp: Bits
    flags: NZCV
    stack: dict[int, Bits]

    def copy(self) -> State:
        """An independent copy."""
        return State(self.x[:], self.sp, self.flags, self.stack.copy())

    def get(self, where: tuple[str, int]) -> Bits | None:
        """The content of ("x", n), with 31 for SP, or of the stack word at a distance from the entry's SP."""
        kind, n = where
        if kind == "stack":
            return self.stack.get(n)
        return self.sp if n == 31 else self.x[n]


@dataclass(frozen=True)
class Access:
    """`size` bytes at an address, 64 bits."""

    address: Bits
    size: int
    store: bool


@dataclass(frozen=True)
class Call:
    """A call that was met; `followed` unless the file does not have the code, or it is nested too deeply."""

    target: str
    followed: bool


@dataclass
class Step:
    """What the last visit of an instruction did."""

    accesses: list[Access] = field(default_factory=list)
    written_x: int = 0
    written_v: int = 0
    condition: Value | None = None
    to: list[Node] = field(default_factory=list)


@dataclass
class Flow:
    """The result: a step for each place reached, the states that arrive there, and what was met on the way."""

    routine: Routine
    steps: dict[Node, Step] = field(default_factory=dict)
    #: What is known before a place, whatever path leads there.
    states: dict[Node, State] = field(default_factory=dict)
    #: For each place, the state that each place before it hands over.
    arriving: dict[Node, dict[Node, State]] = field(default_factory=dict)
    #: General registers of which the entry value is used, with the widest use: n -> bits.
    used: dict[int, int] = field(default_factory=dict)
    calls: dict[int, Call] = field(default_factory=dict)
    unmodelled: dict[int, int] = field(default_factory=dict)
    #: Offsets at which the routine cannot be followed further, and why.
    stops: dict[int, str] = field(default_factory=dict)
    #: The state on each return to the caller.
    returns: dict[Node, State] = field(default_factory=dict)
    #: Unknowns that stand for what a load gave: name -> where it was loaded from.
    loaded: dict[str, Bits] = field(default_factory=dict)
    complete: bool = True
    #: Entry values that are the base of an address.
    pointers: set[Term] = field(default_factory=set)
    #: Whether two entry values competed for a base: a second run then knows the pointers from the start.
    ambiguous: bool = False

    entry: tuple[Var, ...] = ()
    sp: Var = field(default_factory=lambda: Var("sp", 64, pb=M64 & ~15))
    lr: Var = field(default_factory=lambda: Var("lr", 64, pb=M64 & ~3))
    image: Var = field(default_factory=lambda: Var("image", 64, pb=M64 & ~0xFFF))

    def is_base(self, t: Term) -> bool:
        """Whether a term is an entry value that an address may be relative to."""
        return t is self.sp or t is self.image or t in self.entry

    def base_of(self, value: Bits) -> Term | None:
        """The one entry value that this is relative to: SP, the image, a known pointer, or the only one there is."""
        found = [t for t, c in parts(value)[0].items() if c == 1 and self.is_base(t)]
        if not found:  # a masked pointer, say
            found = [v for v in variables(value.value, MAX_SIZE) or () if self.is_base(v)]
        special = [t for t in found if t is self.sp or t is self.image]
        if special:
            return special[0]
        known = [t for t in found if t in self.pointers]
        self.ambiguous |= len(found) > 1
        return known[0] if len(known) == 1 else found[0] if len(found) == 1 else None

    def from_base(self, value: Bits, base: Term) -> int | None:
        """The distance from a base when it is a number."""
        terms, const = parts(value)
        return signed(const) if len(terms) == 1 and terms.get(base) == 1 else None


def parts(value: Bits) -> tuple[Mapping[Term, int], int]:
    """A value as (term -> coefficient, constant)."""
    v = value.value
    return ({}, v) if isinstance(v, int) else linear_view(intern(v))


def variables(value: Value, limit: int = 400) -> set[Var] | None:
    """The variables a value is made of; None if it has more than `limit` terms."""
    seen: set[int] = set()
    found: set[Var] = set()
    todo: list[Value] = [value]
    while todo:
        t = todo.pop()
        if isinstance(t, int):
            continue
        t = intern(t)
        if t.id in seen:
            continue
        seen.add(t.id)
        if len(seen) > limit:
            return None
        if isinstance(t, Var):
            found.add(t)
        todo.extend(children(t))
    return found


def _same(a: Bits, b: Bits) -> bool:
    v, w = a.value, b.value
    if isinstance(v, int) or isinstance(w, int):
        return isinstance(v, int) and isinstance(w, int) and v == w
    return intern(v) is intern(w)


class _Watched(Machine):
    """Notes the registers read; addresses need not be aligned."""

    read_gpr: list[tuple[int, int]]
    read_vectors: int

    def read_x(self, n: int, width: int = 64, *, sp: bool = False) -> Bits:
        if n != 31:
            self.read_gpr.append((n, width))
        return super().read_x(n, width, sp=sp)

    def read_v(self, n: int, width: int = 128) -> Bits:
        self.read_vectors |= 1 << n
        return super().read_v(n, width)

    def check_sp_alignment(self) -> None:
        pass


class _Memory:
    """What one instruction loads and stores; only stack words and the file's pointers are known."""

    def __init__(self, run: _Run) -> None:
        self.run = run

    def load(self, address: Bits, size: int) -> Bits:
        r = self.run
        r.note(Access(address, size, False))
        return r.content(address, size, len(r.step.accesses))

    def look(self, address: Bits, size: int) -> Bits:
        return self.load(address, size)

    def store(self, address: Bits, value: Bits) -> None:
        r = self.run
        r.note(Access(address, value.width // 8, True))
        r.stores.append((address, value))

    def fork(self) -> _Memory:
        return self


class _Run:
    """One run to the fixed point."""

    def __init__(self, flow: Flow) -> None:
        self.flow, self.routine = flow, flow.routine
        self.unknowns: dict[object, Var] = {}
        self.step = Step()
        self.at: Node = ((), 0)
        self.stack: dict[int, Bits] = {}
        self.stores: list[tuple[Bits, Bits]] = []
        base = Bits(64, 0) if self.routine.image.fixed_base else Bits(64, flow.image)
        self.base = base
        self.machine = _Watched(
            x=[], sp=Bits(64, 0), v=[], nzcv=self.no_flags(("flags",)), pc=base, memory=_Memory(self)
        )
        self.arbitrary = [Bits(128, _ARBITRARY * (2 * n + 3) & ((1 << 128) - 1)) for n in range(32)]

    def note(self, access: Access) -> None:
        """An access of the instruction being executed."""
        self.step.accesses.append(access)
        base = self.flow.base_of(access.address)
        if base in self.flow.entry:
            self.flow.pointers.add(base)

    # -- unknowns -----------------------------------------------------------------------------

    def unknown(self, key: object, name: str, width: int = 64) -> Bits:
        """The unknown of this key, the same at every visit."""
        v = self.unknowns.get(key)
        if v is None:
            v = self.unknowns[key] = Var(f"{name}.{len(self.unknowns)}", width)
        return Bits(width, v)

    def no_flags(self, key: object) -> NZCV:
        return NZCV.of(*(Prop(self.unknown((key, c), "flag", 1).value) for c in "NZCV"))  # type: ignore[arg-type]

    def content(self, address: Bits, size: int, k: int) -> Bits:
        """What a load gives."""
        flow, image = self.flow, self.routine.image
        distance = flow.from_base(address, flow.sp)
        if distance is not None and (word := self.stack.get(distance)) is not None and size in (4, 8):
            return word if size == 8 else word[31:0]
        at = self.offset(address)
        if at is not None and size == 8 and at in image.pointers:
            return self.base + image.pointers[at]
        key = (self.at, "load", k)
        value = self.unknown(key, "loaded", 8 * size)
        assert isinstance(value.value, Var)
        flow.loaded[value.value.name] = address
        return value

    def offset(self, address: Bits) -> int | None:
        """The image offset of an address that is one."""
        if isinstance(self.base.value, int):
            return address.value if isinstance(address.value, int) else None
        return self.flow.from_base(address, self.flow.image)

    def tame(self, n: int, value: Bits, concrete_data: bool) -> Bits:
        """A value as it is if it is worth keeping, else its base plus an unknown of this place."""
        v = value.value
        if isinstance(v, int):
            return self.unknown((self.at, n), "data") if concrete_data else value
        found = variables(v, MAX_SIZE)
        if found is not None:
            data = {x for x in found if not self.flow.is_base(x) and not x.name.startswith(("join", "lr"))}
            if not data or len(parts(value)[0]) == len(found) == 1:
                return value
        base = self.flow.base_of(value)
        fresh = self.unknown((self.at, n), "data")
        return fresh if base is None else Bits(64, base) + fresh

    # -- where paths meet -----------------------------------------------------------------------

    def equal(self, a: State, b: State) -> bool:
        """Whether two states are the same."""
        return (
            all(_same(v, w) for v, w in zip((*a.x, a.sp), (*b.x, b.sp), strict=True))
            and a.stack.keys() == b.stack.keys()
            and all(_same(v, b.stack[k]) for k, v in a.stack.items())
            and a.flags is b.flags
        )

    def join(self, node: Node, old: State, new: State) -> bool:
        """Widen `old` to cover `new`; whether it changed."""
        changed = False
        for n in range(32):
            a, b = (old.sp, new.sp) if n == 31 else (old.x[n], new.x[n])
            c = self._join_value((node, n), a, b)
            if c is not a:
                changed = True
                if n == 31:
                    old.sp = c
                else:
                    old.x[n] = c
        for k in list(old.stack):
            if k not in new.stack:
                del old.stack[k]
                changed = True
                continue
            c = self._join_value((node, "stack", k), old.stack[k], new.stack[k])
            if c is not old.stack[k]:
                old.stack[k], changed = c, True
        if old.flags is not new.flags and not getattr(old.flags, "joined", False):
            old.flags, changed = self.no_flags((node, "flags")), True
            old.flags.joined = True  # type: ignore[attr-defined]
        return changed

    def _join_value(self, key: object, a: Bits, b: Bits) -> Bits:
        if _same(a, b):
            return a
        fresh = self.unknown(key, "join")
        if _same(a, fresh):
            return a
        base = self.flow.base_of(a)
        if base is not None and base is self.flow.base_of(b):
            widened = Bits(64, base) + fresh
            return a if _same(a, widened) else widened
        return fresh

    # -- execution --------------------------------------------------------------------------------

    def execute(self, node: Node, s: State) -> list[tuple[Node, State]]:
        """Execute the instruction at a place, in place; where it leads, with the state there."""
        flow, image = self.flow, self.routine.image
        calls, at = node
        self.at = node
        self.step = flow.steps[node] = Step()
        self.stores = []
        self.stack = s.stack
        try:
            word = image.word(at)
        except BranchError as e:
            return self._outside(node, s, str(e))
        m = self.machine
        m.x, m.sp, m.v, m.nzcv = s.x, s.sp, self.arbitrary[:], s.flags
        m.pc = self.base + at
        m.written_x = m.written_v = 0
        m.written_flags, m.branch_target, m.branch_condition = False, None, None
        m.read_gpr, m.read_vectors = [], 0
        before = s.x[:]
        try:
            self.routine.isa.decode(word).execute(m)
        except UnmodelledInstruction:
            flow.unmodelled[at] = word
            return self._go(node, [(calls, at + 4)], s)
        except ArmsymError as e:
            flow.stops[at] = " ".join(str(e).split())
            return []
        self._note_use(before)
        from_vectors = bool(m.read_vectors)
        s.sp = m.sp if not m.written_x >> 31 & 1 else self.tame(31, m.sp, False)
        for n in range(31):
            if m.written_x >> n & 1:
                s.x[n] = self.tame(n, m.x[n], from_vectors)
        if m.written_flags:
            s.flags = self.no_flags((node, "data")) if from_vectors else m.nzcv
        for address, value in self.stores:
            self._store(s, address, value)
        step = self.step
        step.written_x, step.written_v = m.written_x, m.written_v
        if m.branch_condition is not None:
            step.condition = m.branch_condition.value if not isinstance(m.branch_condition.value, bool) else None
        if m.branch_target is None:
            return self._go(node, [(calls, at + 4)], s)
        return self._branch(node, m.branch_target, s)

    def _note_use(self, before: list[Bits]) -> None:
        m, flow = self.machine, self.flow
        # To keep a register on the stack is not yet to use it; nor is `eor x3, x3, x3`.
        only_saved = bool(self.stores) and all(flow.base_of(a) is flow.sp for a, _ in self.stores)
        only_written = not (m.written_flags or m.written_v or self.stores or self.step.accesses)
        only_written = only_written and m.branch_target is None
        results = [m.sp if n == 31 else m.x[n] for n in range(32) if m.written_x >> n & 1] if only_written else []
        for n, width in m.read_gpr:
            entry = flow.entry[n] if n < 30 else None
            if entry is None or before[n].value is not entry:
                continue
            if only_saved and any(v.value is entry for _, v in self.stores):
                continue
            found = [variables(r.value) for r in results]
            if found and all(v is not None and entry not in v for v in found):
                continue
            flow.used[n] = max(width, flow.used.get(n, 0))

    def _store(self, s: State, address: Bits, value: Bits) -> None:
        flow = self.flow
        if flow.base_of(address) is not flow.sp:
            return
        k, size = flow.from_base(address, flow.sp), value.width // 8
        for old in [o for o in s.stack if k is None or (o < k + size and k < o + 8)]:
            del s.stack[old]
        if k is not None and size == 8:
            s.stack[k] = value

    def _go(self, node: Node, to: list[Node], s: State) -> list[tuple[Node, State]]:
        self.step.to = to
        return [(t, s if k == len(to) - 1 else s.copy()) for k, t in enumerate(to)]

    def _branch(self, node: Node, target: Bits, s: State) -> list[tuple[Node, State]]:
        flow, image = self.flow, self.routine.image
        calls, at = node
        m = self.machine
        linked = bool(m.written_x >> 30 & 1)
        to = self.offset(target)
        if to is None:
            if target.value is flow.lr:
                flow.returns[node] = s
                return []
            if not linked and not calls:
                flow.stops[at] = "branches to an address that is not known"
                return []
            return self._not_followed(node, "a computed address", s, linked)
        if linked:
            name = image.symbolize(to)
            entered = [image.symbolize(c) for c in calls]
            if image.is_code(to) and len(calls) < MAX_DEPTH and name not in entered:
                flow.calls[at] = Call(name, True)
                return self._go(node, [((*calls, at), to)], s)
            return self._not_followed(node, name, s, True)
        if calls and to == calls[-1] + 4 and m.branch_condition is None:
            return self._go(node, [(calls[:-1], to)], s)
        targets = [(calls, to)]
        if m.branch_condition is not None and to != at + 4:
            targets.append((calls, at + 4))
        return self._go(node, targets, s)

    def _outside(self, node: Node, s: State, why: str) -> list[tuple[Node, State]]:
        """Code that the file does not have: a tail call, or the end of one that was followed so far."""
        calls, at = node
        name = self.routine.image.symbolize(at)
        if calls:
            return self._not_followed(node, name, s, False)
        self.flow.stops[at] = why
        return []

    def _not_followed(self, node: Node, name: str, s: State, linked: bool) -> list[tuple[Node, State]]:
        """Go on after a call, of which only the ABI is known."""
        calls, at = node
        place = at if linked else calls[-1]
        self.flow.calls[place] = Call(name, False)
        for n in (*range(18), 30):
            s.x[n] = self.unknown((node, "after", n), "data")
        s.flags = self.no_flags((node, "after"))
        return self._go(node, [(calls, at + 4) if linked else (calls[:-1], calls[-1] + 4)], s)


def follow(routine: Routine) -> Flow:
    """The data flow of a routine; raises `InputError` as `Routine` does."""
    flow = _follow(routine, frozenset())
    known = frozenset(t.name for t in flow.pointers if isinstance(t, Var))
    return _follow(routine, known) if flow.ambiguous and known and flow.complete else flow


def _follow(routine: Routine, pointers: frozenset[str]) -> Flow:
    new_table()
    flow = Flow(routine)
    flow.entry = tuple(Var(f"x{n}", 64) for n in range(30))
    flow.pointers = {v for v in flow.entry if v.name in pointers}
    run = _Run(flow)
    entry: Node = ((), routine.entry)
    x = [Bits(64, v) for v in (*flow.entry, flow.lr)]
    first = State(x, Bits(64, flow.sp), run.no_flags("entry"), {})
    todo: list[tuple[Node, State, Node]] = [(entry, first, ((), -1))]
    visits = 0
    while todo:
        node, s, before = todo.pop()
        while True:
            visits += 1
            if visits > MAX_VISITS:
                flow.complete = False
                return flow
            known = flow.states.get(node)
            arriving = flow.arriving.setdefault(node, {})
            arriving[before] = s.copy()
            if known is None or (len(arriving) == 1 and not run.equal(known, s)):
                flow.states[node] = s.copy()
            elif len(arriving) == 1:
                break
            elif run.join(node, known, s):
                s = known.copy()
            else:
                break
            following = run.execute(node, s)
            if not following:
                break
            todo += [(t, state, node) for t, state in following[1:]]
            before, (node, s) = node, following[0]
    return flow
