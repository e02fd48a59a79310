"""What the data flow of a routine says of it: arguments, accesses, loops, stack, globals, calls."""

from __future__ import annotations

from dataclasses import dataclass, field

from armsym.bits import Bits
from armsym.skeleton.flow import Flow, Node, parts, variables
from armsym.symbolic_memory import signed
from armsym.terms.node import Term, Value, Var

__all__ = ["Argument", "Counter", "Facts", "Global", "LoopFacts", "facts_of"]

#: Integer arguments, and the address of a large result (AAPCS64).
ARGUMENTS = frozenset(range(9))
CALLEE_SAVED = tuple(range(19, 30))


@dataclass
class Argument:
    """A general register whose entry value is used, in its low `width` bits.

    `fixed` holds (first byte, end, store) of accesses at constant distances from a pointer; `varying`
    says for loads and for stores whether others are at distances that vary.
    """

    n: int
    width: int
    pointer: bool
    decides: bool
    fixed: set[tuple[int, int, bool]] = field(default_factory=set)
    varying: set[bool] = field(default_factory=set)

    @property
    def name(self) -> str:
        """The register as `Proof.call` names it."""
        return f"{'x' if self.width > 32 or self.pointer else 'w'}{self.n}"


@dataclass(frozen=True)
class Counter:
    """How a loop changes a location: by `step` each time, or in some other way (None)."""

    where: tuple[str, int]
    step: int | None
    #: The value at the loop's first arrival, where all ways into it agree.
    first: Bits | None

    @property
    def name(self) -> str:
        """The location, for people."""
        kind, n = self.where
        return f"[sp{n:+#x} on entry]" if kind == "stack" else "sp" if n == 31 else f"x{n}"


@dataclass
class LoopFacts:
    """A loop: its code (offsets, those of routines it calls included), and what changes in it."""

    head: int
    end: int
    back_edges: tuple[int, ...]
    body: frozenset[int]
    changes: list[Counter]
    restored: list[int]
    vectors: int
    #: Arguments that the conditions at its ends depend on.
    arguments: frozenset[int]
    #: Loads that they depend on: (argument that points there, or None; distance from it; bytes).
    loads: frozenset[tuple[int | None, int, int]]
    #: Whether it is in a routine that is called.
    called: bool


@dataclass(frozen=True)
class Global:
    """An access to writable data of the file: its offset in the image, name, and bytes."""

    offset: int
    name: str
    size: int
    store: bool


@dataclass
class Facts:
    """All of it."""

    flow: Flow
    arguments: list[Argument]
    loops: list[LoopFacts]
    #: Bytes below SP on entry that are used.
    depth: int
    #: Whether SP is moved to where only a run can tell.
    dynamic_stack: bool
    #: Bytes at and above SP on entry that are read or written: arguments that did not fit registers.
    stack_arguments: int
    saved_x: tuple[int, ...]
    saved_d: tuple[int, ...]
    globals: list[Global]
    returns: int | None
    #: Places that access memory through a pointer that was itself loaded, or is computed from data.
    unknown_accesses: tuple[int, ...]

    def argument(self, n: int) -> Argument | None:
        """The argument in Xn."""
        return next((a for a in self.arguments if a.n == n), None)


def facts_of(flow: Flow) -> Facts:
    """Sum up a data flow."""
    deciding = _deciding(flow)
    pointers = {int(t.name[1:]) for t in flow.pointers if isinstance(t, Var)}
    # That x29 and x30 are kept is the ABI's business, and so is what a call may clobber.
    numbers = {n for n in flow.used if n < 29} | pointers | {n for n in deciding if n in ARGUMENTS}
    arguments = [Argument(n, flow.used.get(n, 64), n in pointers, n in deciding) for n in sorted(numbers)]
    by_number = {a.n: a for a in arguments}
    unknown: set[int] = set()
    globals_: dict[tuple[int, int, bool], Global] = {}
    lowest, highest, dynamic = 0, 0, False
    for (_, at), step in flow.steps.items():
        for a in step.accesses:
            base = flow.base_of(a.address)
            distance = None if base is None else flow.from_base(a.address, base)
            if base is flow.sp:
                dynamic |= distance is None and _alone(a.address, flow.sp)
                if distance is not None:
                    lowest, highest = min(lowest, distance), max(highest, distance + a.size)
            elif base in flow.entry and isinstance(base, Var):
                argument = by_number[int(base.name[1:])]
                if distance is None:
                    argument.varying.add(a.store)
                else:
                    argument.fixed.add((distance, distance + a.size, a.store))
            else:
                offset = _image_offset(flow, a.address)
                if offset is not None:
                    _note_global(flow, globals_, offset, a.size, a.store)
                elif base is None:
                    unknown.add(at)
    for s in flow.states.values():
        k = flow.from_base(s.sp, flow.sp)
        dynamic |= k is None
        lowest = min(lowest, k or 0)
    written_x = written_v = 0
    for step in flow.steps.values():
        written_x |= step.written_x
        written_v |= step.written_v
    return Facts(
        flow=flow,
        arguments=arguments,
        loops=_loops(flow),
        depth=-(lowest // 16) * 16,
        dynamic_stack=dynamic,
        stack_arguments=highest,
        saved_x=tuple(n for n in CALLEE_SAVED if written_x >> n & 1),
        saved_d=tuple(n for n in range(8, 16) if written_v >> n & 1),
        globals=[globals_[k] for k in sorted(globals_)],
        returns=_returned(flow),
        unknown_accesses=tuple(sorted(unknown)),
    )


def _alone(address: Bits, base: Term) -> bool:
    """Whether an address is a stack pointer that was aligned further, and not one with an index."""
    return base not in parts(address)[0]


def _image_offset(flow: Flow, address: Bits) -> int | None:
    if flow.routine.image.fixed_base:
        return address.value if isinstance(address.value, int) else None
    return flow.from_base(address, flow.image)


def _note_global(flow: Flow, found: dict[tuple[int, int, bool], Global], offset: int, size: int, store: bool) -> None:
    image = flow.routine.image
    segment = image.segment_at(offset)
    if segment is None or "w" in segment.access:
        found[offset, size, store] = Global(offset, image.symbolize(offset), size, store)


def _deciding(flow: Flow) -> set[int]:
    """The arguments on which a branch or an address depends."""
    found: set[int] = set()
    for step in flow.steps.values():
        values = [a.address.value for a in step.accesses]
        if step.condition is not None:
            values.append(step.condition)
        for v in values:
            found |= {int(x.name[1:]) for x in variables(v) or () if x in flow.entry}
    return found


def _returned(flow: Flow) -> int | None:
    """What W0 holds on every return, if that is one number."""
    values = {s.x[0][31:0].value for s in flow.returns.values() if s.x[0].is_concrete}
    all_known = all(s.x[0].is_concrete for s in flow.returns.values())
    (value,) = values if len(values) == 1 and all_known else (None,)
    return value if isinstance(value, int) else None


# -- loops --------------------------------------------------------------------------------------


def _loops(flow: Flow) -> list[LoopFacts]:
    before: dict[Node, list[Node]] = {}
    for node, step in flow.steps.items():
        for t in step.to:
            before.setdefault(t, []).append(node)
    edges: dict[Node, list[Node]] = {}
    for node, step in flow.steps.items():
        for t in step.to:
            if t[0] == node[0] and t[1] <= node[1]:
                edges.setdefault(t, []).append(node)
    found: dict[int, LoopFacts] = {}
    for head, sources in sorted(edges.items(), key=lambda e: (len(e[0][0]), e[0][1])):
        reached = _reachable(flow, head)
        backs = [b for b in sources if b in reached]
        if not backs:
            continue
        body = _body(before, head, backs) & reached
        loop = _loop(flow, head, backs, body)
        known = found.get(head[1])
        if known is None:
            found[head[1]] = loop
    return [found[h] for h in sorted(found)]


def _reachable(flow: Flow, start: Node) -> set[Node]:
    seen, todo = {start}, [start]
    while todo:
        step = flow.steps.get(todo.pop())
        for t in step.to if step else ():
            if t not in seen:
                seen.add(t)
                todo.append(t)
    return seen


def _body(before: dict[Node, list[Node]], head: Node, backs: list[Node]) -> set[Node]:
    """What leads to a back edge without passing the head."""
    seen, todo = {head, *backs}, [b for b in backs if b != head]
    while todo:
        for t in before.get(todo.pop(), ()):
            if t not in seen:
                seen.add(t)
                todo.append(t)
    return seen


def _loop(flow: Flow, head: Node, backs: list[Node], body: set[Node]) -> LoopFacts:
    # Where a loop is entered beside its head, the head is reached from within only.
    entered = [t for t in sorted(body, key=lambda t: (t != head, t[1])) if not flow.arriving[t].keys() <= body]
    joined = entered[0] if entered else head
    at_head, arriving = flow.states[joined], flow.arriving[joined]
    inside = [s for node, s in arriving.items() if node in body]
    outside = [s for node, s in arriving.items() if node not in body]
    written_x = written_v = 0
    conditions: list[Value] = []
    for node in body:
        step = flow.steps[node]
        written_x |= step.written_x
        written_v |= step.written_v
        leaves = any(t not in body for t in step.to) or node in backs
        if step.condition is not None and leaves:
            conditions.append(step.condition)
    places = [("x", n) for n in range(32) if written_x >> n & 1 and n != 30]
    places += [("stack", k) for k in sorted(at_head.stack)]
    changes: list[Counter] = []
    restored: list[int] = []
    for where in places:
        now = at_head.get(where)
        if now is None:
            continue
        step_, same = _step(now, [s.get(where) for s in inside])
        if not same:
            first = _agreed([s.get(where) for s in outside])
            changes.append(Counter(where, step_, first))
            unknowns = (variables(now.value) or set()) - set(flow.entry)
            if first is not None and any(unknowns & (variables(c) or set()) for c in conditions):
                conditions.append(first.value)
        elif where[0] == "x":
            restored.append(where[1])
    arguments: set[int] = set()
    loads: set[tuple[int | None, int, int]] = set()
    for c in conditions:
        _note_condition(flow, c, arguments, loads)
    return LoopFacts(
        head=head[1],
        end=max(b[1] for b in backs),
        back_edges=tuple(sorted(b[1] for b in backs)),
        body=frozenset(at for _, at in body),
        changes=changes,
        restored=restored,
        vectors=written_v,
        arguments=frozenset(arguments - {int(t.name[1:]) for t in flow.pointers if isinstance(t, Var)}),
        loads=frozenset(loads),
        called=bool(head[0]),
    )


def _note_condition(flow: Flow, condition: Value, arguments: set[int], loads: set[tuple[int | None, int, int]]) -> None:
    for v in variables(condition) or ():
        if v in flow.entry:
            arguments.add(int(v.name[1:]))
        address = flow.loaded.get(v.name)
        if address is not None:
            base = flow.base_of(address)
            distance = None if base is None else flow.from_base(address, base)
            if base in flow.entry and isinstance(base, Var) and distance is not None:
                loads.add((int(base.name[1:]), distance, v.width // 8))
            elif base is not flow.image:
                loads.add((None, 0, v.width // 8))


def _step(now: Bits, after: list[Bits | None]) -> tuple[int | None, bool]:
    """(by how much each iteration changes a value, if by a constant; whether it stays as it is)."""
    steps: set[int | None] = set()
    for b in after:
        difference = None if b is None else (b - now).value
        if isinstance(difference, int):
            steps.add(signed(difference))
            continue
        low = None if b is None else (b[31:0] - now[31:0]).value
        steps.add(low - (1 << 32) * (low >> 31) if isinstance(low, int) else None)
    if steps == {0}:
        return 0, True
    return (steps.pop() if len(steps) == 1 else None), False


def _agreed(values: list[Bits | None]) -> Bits | None:
    first = values[0] if values else None
    if first is None:
        return None
    same = all(v is not None and (v == first).value is True for v in values)
    return first if same else None
