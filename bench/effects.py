"""What two instruction words make different, started from one state: registers bit by bit, flags, memory, next PC.

The state may be any (fresh symbols), or what is known of the states that reach a place (`dataflow`).  Memory is an
uninterpreted function of the address, so equal loads are equal and nothing else is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from armsym.bits import Bits, Prop, concat
from armsym.errors import ArmsymError
from armsym.machine import NZCV, Machine
from armsym.stepper import Executable
from armsym.terms import intern, ops, var
from armsym.terms.node import ones

__all__ = [
    "CONTROL",
    "STORED_TO",
    "Difference",
    "NotComparable",
    "UnknownMemory",
    "compare",
    "fresh_state",
    "stores_of",
]

#: How a difference in the next instruction is called.
CONTROL = "where control goes"
#: How different addresses of stores are called.
STORED_TO = "the addresses stored to"
#: A condition holds: True where it is shown, else None or False.
Decide = Callable[[Prop], bool | None]


class NotComparable(ArmsymError):
    """The effects of two words cannot be set side by side."""


@dataclass
class Difference:
    """What two words make different: bits of registers, by location, bytes of stores, and everything else in words.

    A location is ("x", n), ("v", n), ("sp", 0) or ("nzcv", 0); its mask has a 1 for each bit that may differ.
    """

    bits: dict[tuple[str, int], int] = field(default_factory=dict)
    #: (n, k): byte k of the n-th store.
    stores: set[tuple[int, int]] = field(default_factory=set)
    #: Bytes of the stack, by their distance from the entry's SP.
    stack: set[int] = field(default_factory=set)
    other: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        parts = [_location(where, mask) for where, mask in self.bits.items()]
        return ", ".join([*parts, *["what is stored"] * bool(self.stores or self.stack), *self.other]) or "nothing"

    def __bool__(self) -> bool:
        return bool(self.bits or self.stores or self.stack or self.other)

    def add(self, d: Difference) -> bool:
        """Take in what another finds different; whether that was anything new."""
        before = (dict(self.bits), set(self.stores), set(self.stack), len(self.other))
        for where, mask in d.bits.items():
            self.bits[where] = self.bits.get(where, 0) | mask
        self.stores |= d.stores
        self.stack |= d.stack
        self.other += [o for o in d.other if o not in self.other]
        return before != (self.bits, self.stores, self.stack, len(self.other))


def _location(where: tuple[str, int], mask: int) -> str:
    kind, n = where
    if kind == "nzcv":
        return "flags " + "".join(c for c, k in zip("NZCV", (3, 2, 1, 0), strict=True) if mask >> k & 1)
    name = "sp" if kind == "sp" else f"{kind}{n}"
    low, high = (mask & -mask).bit_length() - 1, mask.bit_length() - 1
    return f"{name}<{high}:{low}>"


class UnknownMemory:
    """Memory of which nothing is known: a byte is an uninterpreted function of its address."""

    def __init__(self) -> None:
        #: (address, size) of the loads, and (address, value) of the stores, in order.
        self.loads: list[tuple[Bits, int]] = []
        self.stores: list[tuple[Bits, Bits]] = []

    def load(self, address: Bits, size: int) -> Bits:
        if self.stores:
            raise NotComparable("a load after a store in one instruction")
        self.loads.append((address, size))
        found = [Bits(8, ops.apply("memory", 8, [(64, (address + k).value)])) for k in range(size)]
        return concat(*reversed(found))

    def look(self, address: Bits, size: int) -> Bits:
        return self.load(address, size)

    def store(self, address: Bits, value: Bits) -> None:
        self.stores.append((address, value))

    def fork(self) -> UnknownMemory:
        raise NotComparable("memory of unknowns is not forked")


def stores_of(i: Executable, start: Machine) -> list[tuple[Bits, Bits]]:
    """(address, value) of what an instruction stores from a state."""
    return _run(i, start)[1].stores


def _run(i: Executable, start: Machine) -> tuple[Machine, UnknownMemory, list[tuple[str, Bits]]]:
    memory = UnknownMemory()
    timed: list[tuple[str, Bits]] = []
    m = Machine(x=start.x[:], sp=start.sp, v=start.v[:], nzcv=start.nzcv.fork(), pc=start.pc, memory=memory)
    m.dit = start.dit
    m.on_leak = lambda kind, value: timed.append((kind, value))
    i.execute(m)
    return m, memory, timed


def fresh_state() -> Machine:
    """Any state with SP a multiple of 16 and PC one of 4."""
    return Machine(
        x=[Bits(64, var(f"x{n}", 64)) for n in range(31)],
        sp=Bits(64, var("sp", 64, possible=ones(64) & ~15)),
        v=[Bits(128, var(f"v{n}", 128)) for n in range(32)],
        nzcv=NZCV.of_bits(Bits(4, var("nzcv", 4))),
        pc=Bits(64, var("pc", 64, possible=ones(64) & ~3)),
        memory=UnknownMemory(),
    )


def _identical(p: Prop) -> bool:
    return p.value is True


def compare(
    first: Executable, second: Executable, start: Machine, *, decide: Decide = _identical, same_place: bool = False
) -> Difference:
    """What the two instructions make different from one state; raises `ArmsymError` where that cannot be told.

    `decide` shows equations; by default both sides must be one term.  With `same_place` it is known already that
    control goes to the same place.
    """
    (a, am, at), (b, bm, bt) = _run(first, start), _run(second, start)
    d = Difference()

    def equal(p: Bits, q: Bits) -> bool:
        return p.width == q.width and ((p == q).value is True or decide(p == q) is True)

    for where, p, q in _locations(a, b):
        mask = _differing(p, q)
        if mask and not equal(p, q):
            d.bits[where] = mask
    _compare_memory(d, am, bm, equal)
    if not (same_place or _same_branch(a, b, equal)):
        d.other.append(CONTROL)
    if (a.dit == b.dit).value is not True:
        d.other.append("PSTATE.DIT")
    if not _same_timing(at, bt, equal):
        d.other.append("what could be timed")
    return d


def _compare_memory(d: Difference, a: UnknownMemory, b: UnknownMemory, equal: Callable[[Bits, Bits], bool]) -> None:
    if _footprint([(p, 8 * n) for p, n in a.loads]) != _footprint([(p, 8 * n) for p, n in b.loads]) and not (
        len(a.loads) == len(b.loads)
        and all(n == k and equal(p, q) for (p, n), (q, k) in zip(a.loads, b.loads, strict=True))
    ):
        d.other.append("the addresses loaded from")
    stores, others = _bytes(a.stores), _bytes(b.stores)
    if stores is not None and others is not None and stores.keys() == others.keys():
        for key, (n, k, byte) in stores.items():
            if not equal(byte, others[key][2]):
                d.stores.add((n, k))
        return
    if len(a.stores) != len(b.stores):
        d.other.append(STORED_TO)
        return
    for n, ((p, v), (q, w)) in enumerate(zip(a.stores, b.stores, strict=True)):
        if v.width != w.width or not equal(p, q):
            d.other.append(STORED_TO)
            return
        both = zip(v.elems(8), w.elems(8), strict=True)
        d.stores |= {(n, k) for k, (x, y) in enumerate(both) if not equal(x, y)}


def _key(a: Bits) -> int:
    # Terms are hash-consed, so equal normal forms have equal ids; ~id keeps numbers apart from them.
    return a.value if isinstance(a.value, int) else ~intern(a.value).id


def _footprint(accesses: list[tuple[Bits, int]]) -> set[int]:
    """The addresses of the bytes accessed; LD1 of sixteen bytes and of two doublewords are alike."""
    return {_key(p + k) for p, width in accesses for k in range(width // 8)}


def _bytes(stores: list[tuple[Bits, Bits]]) -> dict[int, tuple[int, int, Bits]] | None:
    """By address of each byte stored: (number of the store, byte in it, value); None if one is stored twice."""
    found = {_key(p + k): (n, k, b) for n, (p, v) in enumerate(stores) for k, b in enumerate(v.elems(8))}
    return found if len(found) == sum(v.width // 8 for _, v in stores) else None


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


def _same_branch(a: Machine, b: Machine, equal: Callable[[Bits, Bits], bool]) -> bool:
    if a.branch_target is None or b.branch_target is None:
        return a.branch_target is b.branch_target
    p = Prop(True) if a.branch_condition is None else a.branch_condition
    q = Prop(True) if b.branch_condition is None else b.branch_condition
    return equal(a.branch_target, b.branch_target) and equal(p.bit, q.bit)


def _same_timing(a: list[tuple[str, Bits]], b: list[tuple[str, Bits]], equal: Callable[[Bits, Bits], bool]) -> bool:
    """Whether all else that an attacker could time is the same; accesses and branches are compared by themselves."""
    known = {"load address", "store address", "branch target", "branch condition"}
    own, others = ([(kind, v) for kind, v in seen if kind not in known] for seen in (a, b))
    if len(own) != len(others):
        return False
    return all(kind == other and equal(v, w) for (kind, v), (other, w) in zip(own, others, strict=True))
