"""What is known wherever a routine can come to: a fixed point over its whole code, without the proof engine.

No path is followed to its end and no invariant of the proof is used.  Each instruction is executed by the instruction
semantics on what is known before it; a branch is left out only where Z3 shows from that alone that it goes
one way.  Where paths meet, what differs becomes an unknown of that place, of which a range is kept if Z3
shows it of both.  What is not understood raises `Unfollowed`: nothing is then known.

Taken for granted is what the proof assumes of the caller (its preconditions, regions that do not overlap), and that
an access whose address was computed from that of a region, of the stack or of a table of the file stays in it.
"""

from __future__ import annotations

import heapq
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from armsym.bits import Bits, Prop, concat
from armsym.discharge.integers import Integers
from armsym.discharge.z3_bridge import Solver
from armsym.errors import ArmsymError
from armsym.machine import NZCV, Machine
from armsym.proof.symbolic import SymbolicProof
from armsym.stepper import Executable
from armsym.symbolic_memory import SymbolicRegion, signed, split_offset
from armsym.terms import ops
from armsym.terms.evaluate import Evaluator, free_terms
from armsym.terms.linear import linear_view
from armsym.terms.node import App, Term, Value, Var, intern, ones
from armsym.terms.walk import size

__all__ = ["Z3_MS", "Dataflow", "Known", "Node", "Place", "Step", "Unfollowed"]

#: A place in the code: the calls that led there (offsets of the call instructions), and its offset.
Node = tuple[tuple[int, ...], int]

MAX_DEPTH = 8
MAX_VISITS = 60_000
#: A value of more distinct terms than this becomes an unknown, and so large a condition is not decided.
MAX_SIZE = 40
#: Milliseconds of Z3's work for one question.
Z3_MS = 400
_ARBITRARY = 0x9E3779B97F4A7C15F39CC0605CEDC835
_NOP = 0xD503201F


class Unfollowed(ArmsymError):
    """The routine does something that this analysis does not understand."""


@dataclass(frozen=True)
class Place:
    """Where an access lies: `kind` is stack, region, image or unknown.

    `offset` is the distance from the entry's SP, or into the image, where it is a number.  An image access without one
    lies within the offsets `low` to `high` if its bits tell (else `high` is 0), and is relative to `low`.
    """

    kind: str
    offset: int | None
    size: int
    store: bool
    low: int = 0
    high: int = 0


@dataclass
class Step:
    """What the last visit of a place did; `returns` if it may go back to the caller."""

    to: list[Node] = field(default_factory=list)
    places: list[Place] = field(default_factory=list)
    returns: bool = False


@dataclass
class Known:
    """What holds at a place, whatever path leads there.

    `stack` holds 8-byte words by their distance from the entry's SP, `facts` one-bit terms that are 1.
    """

    x: list[Bits]
    sp: Bits
    flags: NZCV
    stack: dict[int, Bits]
    facts: dict[int, Term]

    def copy(self) -> Known:
        """An independent copy."""
        return Known(self.x[:], self.sp, self.flags.fork(), self.stack.copy(), self.facts.copy())


class _Vector(Machine):
    """Notes whether an instruction reads vector registers and may show what they hold but in one of them."""

    vectors_read: bool

    def read_v(self, n: int, width: int = 128) -> Bits:
        self.vectors_read = True
        return super().read_v(n, width)


class _Memory:
    def __init__(self, flow: Dataflow) -> None:
        self._flow = flow

    def load(self, address: Bits, size: int) -> Bits:
        return self._flow.loaded(address, size)

    def look(self, address: Bits, size: int) -> Bits:
        return self.load(address, size)

    def store(self, address: Bits, value: Bits) -> None:
        self._flow.stored.append((address, value))

    def fork(self) -> _Memory:
        return self


class Dataflow:
    """The fixed point for one case of a proof; raises `Unfollowed`.

    `spoiled` tells the bits of locations that are unknown after each execution of the word at offset `at`: ("x", n),
    ("v", n), ("nzcv", 0), or ("stack", k) for the byte at a distance from the entry's SP.
    """

    def __init__(
        self, p: SymbolicProof, *, at: int = -1, spoiled: Mapping[tuple[str, int], int] = MappingProxyType({})
    ) -> None:
        self.p, self.image, self.isa = p, p.routine.image, p.routine.isa
        self.at, self.spoiled = at, dict(spoiled)
        self.steps: dict[Node, Step] = {}
        self.states: dict[Node, Known] = {}
        self.stored: list[tuple[Bits, Bits]] = []
        self._unknowns: dict[tuple[Node, object], Bits] = {}
        self._owner: dict[int, Node] = {}
        self._ranges: dict[tuple[Node, object], tuple[int, int]] = {}
        #: Unknowns computed from one base: id -> (base, the value where all else is 0).
        self._origins: dict[int, tuple[Term, int]] = {}
        self._free: dict[int, frozenset[Term]] = {}
        self._solvers: dict[frozenset[int], tuple[Integers, Solver]] = {}
        self._answers: dict[tuple[frozenset[int], int], bool] = {}
        self._regions = {r.base.id: r for r in p.declared_regions if r.name != "stack"}
        self._memory = p.memory0.fork()
        #: Where the parts of the image lie in it that have an address of their own, by the base of each: 0 if linked.
        self._pieces: dict[int, int] = {}
        for segment in self.image.segments:
            for _, piece, _, _ in self.image.parts(segment):
                base = p.places.base(piece).value
                if isinstance(base, Term):
                    self._pieces[base.id] = piece.offset if self.image.kind == "relocatable" else 0
        lows, highs = ({span[k] for span in p._d.ranges.values()} for k in (0, 1))
        #: The ends of ranges that are tried.
        self._lows = sorted({0, 1, *lows}, reverse=True)
        self._highs = sorted(
            {0, 1, 15, 127, 255, (1 << 32) - 1, (1 << 63) - 1, ones(64), *highs, *(h + 1 for h in highs)}
        )
        self._here: Node = ((), p.routine.entry)
        self._known = Known([], Bits(64, 0), NZCV(), {}, {})
        self._step = Step()
        self._entered = self._here
        #: The places that lead to each place, so far.
        self._before: dict[Node, set[Node]] = {}
        self._follow()

    # -- questions --------------------------------------------------------------------------------

    def nodes_at(self, offset: int) -> list[Node]:
        """The places of an offset that can be reached."""
        return [n for n in self.steps if n[1] == offset]

    def free(self, v: Value) -> frozenset[Term]:
        """The variables and applications in a value."""
        if isinstance(v, int):
            return frozenset()
        t = intern(v)
        found = self._free.get(t.id)
        if found is None:
            found = self._free[t.id] = frozenset(free_terms(t))
        return found

    def shown(self, known: Known, claim: Prop) -> bool:
        """Whether what is known implies a condition; False also where Z3 gives up."""
        v = claim.bit.value
        if isinstance(v, int):
            return bool(v)
        t = intern(v)
        if t.id in known.facts:
            return True
        if size(t) > MAX_SIZE:
            return False
        key = (frozenset(known.facts), t.id)
        answer = self._answers.get(key)
        if answer is None:
            answer = self._answers[key] = self._ask(known, t)
        return answer

    def _ask(self, known: Known, t: Term) -> bool:
        key = frozenset(known.facts)
        if key not in self._solvers:
            if len(self._solvers) > 50:
                self._solvers.clear()
            self._solvers[key] = (Integers(), Solver())
            for way in self._solvers[key]:
                for f in [*self.p.facts, *known.facts.values()]:
                    way.add(f)
        return any(way.implies(t, Z3_MS).holds is True for way in self._solvers[key])

    def goes(self, known: Known, target: int, condition: Prop | None, following: int) -> tuple[int, ...]:
        """The offsets that a branch may go to from a state, over NOPs."""
        if condition is None or self.shown(known, condition):
            return (self.after_nops(target),)
        if self.shown(known, ~condition):
            return (self.after_nops(following),)
        return tuple(sorted({self.after_nops(target), self.after_nops(following)}))

    def after_nops(self, offset: int) -> int:
        """The first instruction from an offset on that is not a NOP."""
        while offset >= 0 and self.image.is_code(offset) and self.image.word(offset) == _NOP:
            offset += 4
        return offset

    def offset_of(self, target: Bits) -> int | None:
        """The image offset of a branch target; -1 for the caller's, None if it is not known."""
        if (target == self.p.lr0).value is True:
            return -1
        return self.p.places.offset(target)

    def executable(self, word: int, at: int) -> tuple[Executable, Bits]:
        """What a word at an offset does once the linker has completed it, and its PC; raises `ArmsymError`."""
        return self.p.places.linked(self.isa.decode(word), at, self.isa)

    # -- unknowns ---------------------------------------------------------------------------------

    def _unknown(self, node: Node, key: object, width: int = 64, *, secret: bool = True, possible: int = 0) -> Bits:
        """The unknown of this key that the last visit of a place made."""
        found = self._unknowns.get((node, key))
        if found is None:
            n = len(self._unknowns)
            found = Bits(width, Var(f"u{n}", width, secret=secret, pb=possible or ones(width)))
            self._unknowns[node, key] = found
            assert isinstance(found.value, Term)
            self._owner[found.value.id] = node
        return found

    def _stale(self, node: Node, v: Value) -> bool:
        """Whether a value was made of unknowns of an earlier visit of the place."""
        return any(self._owner.get(t.id) == node for t in self.free(v))

    # -- memory -----------------------------------------------------------------------------------

    def place(self, address: Bits, size: int, store: bool) -> tuple[Place, SymbolicRegion | None]:
        """Where an access lies."""
        v = address.value
        terms, const = ({}, v) if isinstance(v, int) else linear_view(intern(v))
        if self.image.fixed_base and not terms:
            return Place("image", const, size, store), None
        bases = [t for t, c in terms.items() if c == 1 and self._is_base(t)]
        if len(bases) != 1:
            return self._derived(v, size, store), None
        base = bases[0]
        k = signed(const) if len(terms) == 1 else None
        if base is self.p.sp0.value:
            return Place("stack", k, size, store), None
        if base.id in self._pieces:
            start = self._pieces[base.id]
            low = start + signed(const)
            most = low + sum(c * t.pb for t, c in terms.items() if t is not base)
            at = None if k is None else start + k
            return Place("image", at, size, store, low, most + size if most < 1 << 40 else 0), None
        return Place("region", k, size, store), self._regions[base.id]

    def _derived(self, v: Value, size: int, store: bool) -> Place:
        """Where an access lies whose address was computed from one base, say by masking bits of it."""
        origin = self._origin(v)
        if origin is None:
            return Place("unknown", None, size, store)
        base, near = origin
        if base is self.p.sp0.value:
            return Place("stack", None, size, store)
        if base.id in self._pieces:
            return Place("image", None, size, store, self._pieces[base.id] + near)
        return Place("region", None, size, store)

    def _is_base(self, t: Term) -> bool:
        return t is self.p.sp0.value or t.id in self._pieces or t.id in self._regions

    def _origin(self, v: Value) -> tuple[Term, int] | None:
        """The one base that a value was computed from, if it is one; and the value where all unknowns are 0."""
        found: dict[int, Term] = {}
        for t in self.free(v):
            if self._is_base(t):
                found[t.id] = t
            elif t.id in self._origins:
                found[self._origins[t.id][0].id] = self._origins[t.id][0]
        if len(found) != 1:
            return None
        at_zero = Evaluator(lambda t: self._origins[t.id][1] if t.id in self._origins else 0, lambda *_: 0)
        return next(iter(found.values())), at_zero(v)

    def _noted(self, fresh: Bits, *values: Bits) -> Bits:
        """The unknown that takes the place of values, with what they were computed from if that is the same."""
        origins = [self._origin(v.value) for v in values]
        first = origins[0]
        assert isinstance(fresh.value, Term)
        if first is not None and all(o is not None and o[0] is first[0] for o in origins):
            self._origins.setdefault(fresh.value.id, first)
        elif fresh.value.id in self._origins:
            raise Unfollowed("an unknown was an address once and then another value")
        return fresh

    def loaded(self, address: Bits, size: int) -> Bits:
        """What a load gives, as far as it is known."""
        place, region = self.place(address, size, store=False)
        n = len(self._step.places)
        self._step.places.append(place)
        unknown = self._unknown(self._here, ("load", n), 8 * size)
        k = place.offset
        if place.kind == "stack" and k is not None:
            word = self._known.stack.get(k - k % 8)
            lo = k % 8
            return unknown if word is None or lo + size > 8 else word[8 * (lo + size) - 1 : 8 * lo]
        if place.kind == "image" and k is not None:
            region = self._part(address, size)
        found = self._on_entry(region, address, size)
        return unknown if found is None else found

    def _part(self, address: Bits, size: int) -> SymbolicRegion | None:
        """The part of the image, or the global declared of it, in which bytes of a known place lie."""
        for r in self.p.memory0.regions:
            d = (address - r.address).value
            if isinstance(d, int) and r.size.is_concrete and 0 <= signed(d) <= r.size.uint - size and r.name != "stack":
                return r
        return None

    def _on_entry(self, region: SymbolicRegion | None, address: Bits, size: int) -> Bits | None:
        """The content of a region that cannot be written."""
        if region is None or "w" in region.access or "r" not in region.access:
            return None
        symbolic, k = split_offset(address - region.address)
        try:
            return self._memory.peek(region, symbolic, k, size)
        except ArmsymError:
            return None

    def _write(self, s: Known, node: Node, address: Bits, value: Bits) -> None:
        place, _ = self.place(address, value.width // 8, store=True)
        self._step.places.append(place)
        k = place.offset
        if place.kind == "unknown" or (place.kind == "stack" and k is None):
            s.stack.clear()
        elif place.kind == "stack" and k is not None:
            for word in range(k - k % 8, k + place.size, 8):
                lo, hi = max(k, word), min(k + place.size, word + 8)
                part = value[8 * (hi - k) - 1 : 8 * (lo - k)]
                old = s.stack.pop(word, None)
                if hi - lo == 8:
                    s.stack[word] = self._tame(node, ("stack", word), part)
                elif old is not None and lo == word:  # STR of a W register into a known word
                    s.stack[word] = self._tame(node, ("stack", word), concat(old[63 : 8 * (hi - word)], part))

    # -- where paths meet ---------------------------------------------------------------------------

    def _tame(self, node: Node, key: object, v: Bits) -> Bits:
        """A value as it is if it is worth keeping; of computed secrets nothing is."""
        if isinstance(v.value, int):
            return v
        t, secret = intern(v.value), ops.is_secret(v.value)
        if isinstance(t, (Var, App)) or (not secret and size(t) <= MAX_SIZE):
            return v
        origin = self._origin(v.value)
        which = (key, "large", t.pb, origin[0].id if origin is not None else 0)
        return self._noted(self._unknown(node, which, v.width, secret=secret, possible=t.pb), v)

    def _base(self, v: Bits) -> Term | None:
        if isinstance(v.value, int):
            return None
        terms, _ = linear_view(intern(v.value))
        found = [t for t, c in terms.items() if c == 1 and self._is_base(t)]
        return found[0] if len(found) == 1 else None

    def _meet(self, node: Node, key: object, a: Bits, old: Known, b: Bits, new: Known) -> Bits:
        """One value for both: that of either, or the unknown of the place, with the range that holds of both."""
        if (a == b).value is True and not self._stale(node, b.value):
            return a
        base = self._base(a)
        base = base if base is not None and base is self._base(b) and not self._stale(node, base) else None
        origin = Bits(64, 0) if base is None else Bits(64, base)
        secret = ops.is_secret(a.value) or ops.is_secret(b.value)
        possible = ones(64) if base is not None else _possible(a) | _possible(b) or 1
        # What an unknown was computed from never changes: another origin is another unknown.
        came = {o[0].id if o is not None else 0 for o in (self._origin(a.value), self._origin(b.value))}
        origin_id = came.pop() if len(came) == 1 else 0
        known = (node, (key, "secret" if secret else "join", base.id if base is not None else 0, origin_id, possible))
        first = known not in self._unknowns
        fresh = self._unknown(node, known[1], secret=secret, possible=possible)
        joined = origin + fresh
        if base is None:
            self._noted(fresh, a, b)
        if base is None and not secret and not origin_id:
            if first or (a == joined).value is not True:
                # What it was so far, then what comes now.
                self._ranges[known] = self._range(old, a, self._ranges.get(known, (self._lows[0], self._highs[0])))
            self._ranges[known] = self._range(new, b, self._ranges[known])
        return joined

    def _range(self, s: Known, v: Bits, within: tuple[int, int]) -> tuple[int, int]:
        """The least range, of those tried, that covers a value and another range."""
        low = next(t for t in self._lows if t <= within[0] and (t == 0 or self.shown(s, v >= t)))
        high = next(t for t in self._highs if t >= within[1] and (t == ones(64) or self.shown(s, v <= t)))
        return low, high

    def _join(self, node: Node, old: Known, new: Known) -> tuple[Known, bool]:
        """What holds in both; and whether that is less than `old`."""
        ranges = dict(self._ranges)
        x = [self._meet(node, n, a, old, b, new) for n, (a, b) in enumerate(zip(old.x, new.x, strict=True))]
        sp = self._meet(node, "sp", old.sp, old, new.sp, new)
        stack = {
            k: self._meet(node, ("stack", k), v, old, new.stack[k], new) for k, v in old.stack.items() if k in new.stack
        }
        flags = old.flags
        pairs = zip(_flags(old), _flags(new), strict=True)
        if any((p == q).value is not True or self._stale(node, q.value) for p, q in pairs):
            flags = self._no_flags(node, "join")
        facts = {i: f for i, f in old.facts.items() if not self._stale(node, f) and self._holds(node, new, i, f)}
        more = {i: f for i, f in new.facts.items() if not self._stale(node, f) and i not in facts}
        facts |= {i: f for i, f in more.items() if self._holds(node, old, i, f)}
        for key, (low, high) in self._ranges.items():
            if key[0] != node:
                continue
            j = self._unknowns[key]
            for fact in (j >= low, j <= high):
                if isinstance(fact.bit.value, Term):
                    facts[intern(fact.bit.value).id] = intern(fact.bit.value)
        joined = Known(x, sp, flags, stack, facts)
        return joined, ranges != self._ranges or not self._same(old, joined)

    def _same(self, a: Known, b: Known) -> bool:
        return (
            all((v == w).value is True for v, w in zip((*a.x, a.sp), (*b.x, b.sp), strict=True))
            and a.stack.keys() == b.stack.keys()
            and all((v == b.stack[k]).value is True for k, v in a.stack.items())
            and a.facts.keys() == b.facts.keys()
            and all((p == q).value is True for p, q in zip(_flags(a), _flags(b), strict=True))
        )

    def _any_stale(self, node: Node, s: Known) -> bool:
        values = [*s.x, s.sp, *s.stack.values(), *_flags(s)]
        return any(self._stale(node, v.value) for v in values) or any(self._stale(node, f) for f in s.facts.values())

    def _holds(self, node: Node, s: Known, i: int, f: Term) -> bool:
        return i in s.facts or (not ops.is_secret(f) and self.shown(s, Prop(f)))

    def _no_flags(self, node: Node, key: object) -> NZCV:
        return NZCV.of_bits(self._unknown(node, (key, "flags"), 4))

    # -- execution ----------------------------------------------------------------------------------

    def _follow(self) -> None:
        entry = self.p.start()
        start = Known(entry.x[:], entry.sp, entry.nzcv, {}, {})
        self.states[self._here] = start
        todo: list[tuple[int, Node]] = [(0, self._here)]
        waiting = {self._here}
        visits = 0
        while todo:
            _, node = heapq.heappop(todo)
            if node not in waiting:
                continue
            waiting.discard(node)
            visits += 1
            if visits > MAX_VISITS:
                raise Unfollowed(f"no fixed point after {visits} steps")
            for to, s in self._execute(node, self.states[node].copy()):
                known, before = self.states.get(to), self._before.setdefault(to, set())
                before.add(node)
                if known is None:
                    self.states[to] = s
                elif len(before) == 1 and to != self._entered and not self._any_stale(to, s):
                    # One way leads here: what it brings now takes the place of what it brought before.
                    if self._same(known, s):
                        continue
                    self.states[to] = s
                else:
                    self.states[to], changed = self._join(to, known, s)
                    if not changed:
                        continue
                if to not in waiting:
                    waiting.add(to)
                    heapq.heappush(todo, (to[1], to))

    def _execute(self, node: Node, s: Known) -> list[tuple[Node, Known]]:
        at = node[1]
        self._here, self._known = node, s
        step = self._step = self.steps[node] = Step()
        self.stored = []
        i, pc = self.executable(self.image.word(at), at)
        m = self.machine(s, pc, [Bits(128, _ARBITRARY * (2 * n + 3) & ones(128)) for n in range(32)])
        i.execute(m)
        if m.vectors_read and (m.written_x or m.written_flags or self.stored or m.branch_target is not None):
            # Not numbers, where what they are might be seen.
            step.places.clear()
            self.stored.clear()
            m = self.machine(s, pc, [self._unknown(node, ("v", n), 128) for n in range(32)])
            i.execute(m)
        for n in range(31):
            if m.written_x >> n & 1:
                s.x[n] = self._tame(node, n, m.x[n])
        if m.written_x >> 31 & 1:
            s.sp = self._tame(node, "sp", m.sp)
        if m.written_flags:
            s.flags = m.nzcv
        for address, value in self.stored:
            self._write(s, node, address, value)
        if at == self.at:
            self._spoil(s, node)
        return self._onwards(node, m, s)

    def machine(self, s: Known, pc: Bits, v: list[Bits]) -> _Vector:
        """A machine in a state, about to execute the word at an address."""
        m = _Vector(x=s.x[:], sp=s.sp, v=v, nzcv=s.flags, pc=pc, memory=_Memory(self))
        m.dit, m.vectors_read = self.p.dit0, False
        return m

    def _spoil(self, s: Known, node: Node) -> None:
        for (kind, n), mask in self.spoiled.items():
            if kind == "x":
                s.x[n] = s.x[n] & (ones(64) ^ mask) | self._unknown(node, ("spoiled", n)) & mask
            elif kind == "nzcv":
                s.flags = self._no_flags(node, "spoiled")
            elif kind == "stack":
                s.stack.pop(n - n % 8, None)
            elif kind != "v":
                raise Unfollowed(f"{kind} is spoiled")

    def _onwards(self, node: Node, m: Machine, s: Known) -> list[tuple[Node, Known]]:
        calls, at = node
        step = self._step
        condition = m.branch_condition
        if m.branch_target is None:
            step.to = [(calls, at + 4)]
            return [(step.to[0], s)]
        to = self.offset_of(m.branch_target)
        if to is None:
            raise Unfollowed(f"at {at:#x} a branch to an address that is not known")
        if condition is not None:
            if self.shown(s, condition):
                condition = None
            elif self.shown(s, ~condition):
                step.to = [(calls, at + 4)]
                return [(step.to[0], s)]
        target = self._target(node, to, linked=bool(m.written_x >> 30 & 1))
        ways: list[tuple[Node, Known]] = []
        if target is None:
            step.returns = True
        else:
            ways.append((target, self._learned(s, condition)))
        if condition is not None:
            ways.append(((calls, at + 4), self._learned(s, ~condition)))
        step.to = [n for n, _ in ways]
        return ways

    def _target(self, node: Node, to: int, *, linked: bool) -> Node | None:
        calls, at = node
        if to == -1:
            return None
        if not self.image.is_code(to):
            raise Unfollowed(f"at {at:#x} a branch to {to:#x}, where there is no code")
        if linked:
            if len(calls) >= MAX_DEPTH or at in calls:
                raise Unfollowed(f"at {at:#x} calls are nested too deeply")
            return (*calls, at), to
        if calls and to == calls[-1] + 4:
            return calls[:-1], to
        return calls, to

    def _learned(self, s: Known, condition: Prop | None) -> Known:
        s = s.copy()
        if condition is not None:
            v = condition.bit.value
            if isinstance(v, Term) and not ops.is_secret(v) and size(intern(v)) <= MAX_SIZE:
                s.facts[intern(v).id] = intern(v)
        return s


def _flags(s: Known) -> tuple[Bits, ...]:
    return tuple(p.bit for p in (s.flags.N, s.flags.Z, s.flags.C, s.flags.V))


def _possible(v: Bits) -> int:
    """The bits that may be set."""
    return v.value if isinstance(v.value, int) else intern(v.value).pb
