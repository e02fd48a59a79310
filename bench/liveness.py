"""Which parts of registers, flags and stack a routine may still use: bytes, backwards over all its code.

What an instruction makes of what is read off its semantics, run on a state of bytes that are all different variables.
Used is: every address, branch and operand of variable latency; what is stored outside the stack; on return the
registers that the caller is promised, and those that the proof's `ensures` speaks of.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from dataflow import Dataflow, Node, Place
from effects import Difference

from armsym.bits import Bits, Prop
from armsym.errors import ArmsymError
from armsym.machine import NZCV, Machine
from armsym.proof.handles import Claim, Pointwise
from armsym.proof.state import handed
from armsym.proof.symbolic import SymbolicProof
from armsym.stepper import Executable
from armsym.terms import Var, var
from armsym.terms.evaluate import free_terms
from armsym.terms.node import Value, ones

__all__ = ["Effect", "Liveness", "effect_of", "mask_of"]

#: Sets of locations are numbers, a bit for each: X0-X30 by bytes, V0-V31 by bytes, the flags (bit 3 is N), SP, what
#: the instruction loads by bytes, the stack by bytes.
_X, _V = 0, 31 * 8
_FLAGS = _V + 32 * 16
_SP = _FLAGS + 4
_LOADED = _SP + 1
_MOST_LOADED = 128
_STACK = _LOADED + _MOST_LOADED


def _x(n: int) -> int:
    return 0xFF << _X + 8 * n


def _d(n: int) -> int:
    return 0xFF << _V + 16 * n


def _v(n: int) -> int:
    return 0xFFFF << _V + 16 * n


def mask_of(d: Difference) -> int:
    """The locations among registers and flags that two words make different."""
    found = 0
    for (kind, n), mask in d.bits.items():
        if kind == "nzcv":
            found |= mask << _FLAGS
        elif kind == "sp":
            found |= 1 << _SP
        else:
            base = _X + 8 * n if kind == "x" else _V + 16 * n
            found |= sum(1 << base + k for k in range(16) if mask >> 8 * k & 0xFF)
    return found


class _Bytes:
    """A state whose bytes, and flags, are different variables."""

    def __init__(self) -> None:
        self.locations: dict[int, int] = {}
        x = [self._register(_X + 8 * n, 8) for n in range(31)]
        v = [self._register(_V + 16 * n, 16) for n in range(32)]
        flags = NZCV.of_bits(Bits.from_elems([self._one(_FLAGS + k, 1) for k in range(4)]))
        sp = Bits(64, self._variable(_SP, 64, ones(64) & ~15))
        self.machine = Machine(x=x, sp=sp, v=v, nzcv=flags, pc=Bits(64, var("pc", 64)), memory=_Noted(self))

    def _variable(self, location: int, width: int, possible: int) -> Var:
        t = var(f"l{location}", width, possible=possible)
        self.locations[t.id] = 1 << location
        return t

    def _one(self, location: int, width: int) -> Bits:
        return Bits(width, self._variable(location, width, ones(width)))

    def _register(self, first: int, size: int) -> Bits:
        return Bits.from_elems([self._one(first + k, 8) for k in range(size)])

    def used(self, values: Iterable[Value]) -> int:
        """The locations that values depend on."""
        found = 0
        for v in values:
            for t in free_terms(v):
                found |= self.locations.get(t.id, 0)
        return found


class _Noted:
    """Loads give the bytes of locations of their own, in their order; stores are noted."""

    def __init__(self, start: _Bytes) -> None:
        self._start, self._loaded = start, 0
        self.stores: list[Bits] = []

    def load(self, address: Bits, size: int) -> Bits:
        first = self._loaded
        self._loaded += size
        if self._loaded > _MOST_LOADED:
            raise ArmsymError(f"an instruction loads more than {_MOST_LOADED} bytes")
        return self._start._register(_LOADED + first, size)

    def look(self, address: Bits, size: int) -> Bits:
        return self.load(address, size)

    def store(self, address: Bits, value: Bits) -> None:
        self.stores.append(value)

    def fork(self) -> _Noted:
        raise NotImplementedError("an instruction does not fork memory")


@dataclass
class Effect:
    """What an instruction uses: `always`, for the `condition` of its branch, and for each location written (a bit) and
    each byte stored."""

    always: int = 0
    condition: int = 0
    written: dict[int, int] = field(default_factory=dict)
    stores: list[list[int]] = field(default_factory=list)


def effect_of(i: Executable) -> Effect:
    """The effect of an instruction on any state; raises `ArmsymError` where its semantics cannot be run on one."""
    start = _Bytes()
    m = start.machine
    x, v, sp, flags, memory = m.x, m.v, m.sp, m.nzcv, m.memory
    assert isinstance(memory, _Noted)
    m.x, m.v = x[:], v[:]
    e = Effect()
    timed: list[Value] = []
    m.on_leak = lambda kind, value: timed.append(value.value) if kind != "branch condition" else None
    i.execute(m)
    e.always = start.used([*timed, m.dit.value])
    if m.branch_target is not None:
        e.always |= start.used([m.branch_target.value])
    if m.branch_condition is not None:
        e.condition = start.used([m.branch_condition.bit.value])
    for base, size, before, after in ((_X, 8, x, m.x), (_V, 16, v, m.v)):
        for n, (old, new) in enumerate(zip(before, after, strict=True)):
            if old is not new:
                for k, byte in enumerate(new.elems(8)):
                    e.written[1 << base + size * n + k] = start.used([byte.value])
    if m.sp is not sp:
        e.written[1 << _SP] = start.used([m.sp.value])
    if m.nzcv is not flags:
        bits = m.nzcv.bits
        for k in range(4):
            e.written[1 << _FLAGS + k] = start.used([bits[k].value])
    e.stores = [[start.used([b.value]) for b in value.elems(8)] for value in memory.stores]
    return e


class Liveness:
    """For each place of a data flow, the locations that are used after it.

    With `decided`, a branch that the data flow decides does not use what its condition is made of.
    """

    def __init__(self, flow: Dataflow, *, decided: bool = False) -> None:
        self.flow, self.decided = flow, decided
        stack = flow.p._d
        self._low, self._high = -stack.stack, stack.above
        self._all_stack = ones(self._high - self._low) << _STACK
        self._effects: dict[int, Effect] = {}
        self.exit = _promised(flow.p) | (ones(self._high) << _STACK - self._low)
        self.after: dict[Node, int] = {}
        self._solve()

    def live_stack(self, node: Node, place: Place, k: int) -> bool:
        """Whether byte k of what is stored at a place may be used after it."""
        return place.kind != "stack" or place.offset is None or bool(self.after[node] & self._byte(place.offset + k))

    def used_stack(self, node: Node, k: int) -> bool:
        """Whether the byte at a distance from the entry's SP may be used after a place."""
        return bool(self.after[node] & self._byte(k))

    def _byte(self, k: int) -> int:
        if not self._low <= k < self._high:
            raise ArmsymError(f"sp0{k:+#x} lies outside the declared stack area")
        return 1 << _STACK + k - self._low

    def _solve(self) -> None:
        steps = self.flow.steps
        before: dict[Node, list[Node]] = {}
        for node, step in steps.items():
            for t in step.to:
                before.setdefault(t, []).append(node)
        live: dict[Node, int] = dict.fromkeys(steps, 0)
        todo = sorted(steps, key=lambda n: n[1])
        waiting = set(todo)
        while todo:
            node = todo.pop()
            waiting.discard(node)
            step = steps[node]
            out = self.exit if step.returns else 0
            for t in step.to:
                out |= live[t]
            self.after[node] = out
            now = self._before(node, out)
            if now != live[node]:
                live[node] = now
                for b in before.get(node, ()):
                    if b not in waiting:
                        waiting.add(b)
                        todo.append(b)

    def _before(self, node: Node, out: int) -> int:
        e = self._effect(node)
        found, places = out, self.flow.steps[node].places
        used = e.always
        step = self.flow.steps[node]
        if not self.decided or len(step.to) + step.returns != 1:
            used |= e.condition
        stores = [p for p in places if p.store]
        if len(stores) != len(e.stores):
            raise ArmsymError(f"the stores at {node[1]:#x} are not the same in two readings")
        for place, of_bytes in zip(stores, e.stores, strict=True):
            for k, of_byte in enumerate(of_bytes):
                if place.kind == "stack" and place.offset is not None:
                    bit = self._byte(place.offset + k)
                    used |= of_byte if out & bit else 0
                    found &= ~bit
                else:
                    used |= of_byte
        for location, of in e.written.items():
            if out & location:
                used |= of
                found &= ~location
        loaded = _LOADED
        for place in (p for p in places if not p.store):
            for k in range(place.size):
                if not used >> loaded + k & 1 or place.kind in ("region", "image"):
                    continue
                known = place.kind == "stack" and place.offset is not None
                used |= self._byte((place.offset or 0) + k) if known else self._all_stack
            loaded += place.size
        return (found | used) & ~(ones(_MOST_LOADED) << _LOADED)

    def _effect(self, node: Node) -> Effect:
        at = node[1]
        if at not in self._effects:
            self._effects[at] = effect_of(self.flow.executable(self.flow.image.word(at), at)[0])
        return self._effects[at]


def _promised(p: SymbolicProof) -> int:
    """What the caller may look at on return, in registers."""
    i = p._d.interface
    found = 1 << _SP
    for n in i.x:
        found |= _x(n)
    for n in i.d:
        found |= _d(n)
    for n in i.v:
        found |= _v(n)
    start = _Bytes()
    m = start.machine
    memory = p.memory0.fork()
    m.sp, m.memory, m.dit = p.sp0, memory, p.dit0
    with memory.observed(), handed(m) as s:
        for ensures in p._d.ensures:
            for claim in ensures(s).values():
                found |= start.used(_values(claim))
    return found


def _values(claim: Claim) -> Iterator[Value]:
    """The terms that a claim is made of."""
    if isinstance(claim, Prop):
        yield claim.bit.value
    elif isinstance(claim, Pointwise):
        yield claim.upto.value
        yield from (w.value for w in claim.expected(claim.arbitrary))
    elif isinstance(claim, (list, tuple)):
        for c in claim:
            yield from _values(c)
