"""Memory with symbolic bases and offsets: regions assumed not to wrap, and disjoint where one is written.

An address is split into the base of one region plus an offset.  Every access is logged for the
memory obligation, which shows it in bounds; nothing is concretised and nothing is guessed: an
address with no known base, or two offsets that may or may not meet, raises `MemoryFault`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NoReturn

from armsym.bits import Bits, Prop, concat, look_up, select
from armsym.errors import InputError, MemoryFault, UndeterminedContent
from armsym.symbolic_regions import (
    M64,
    Access,
    Change,
    Filled,
    Read,
    SymbolicRegion,
    Unknown,
    signed,
    split_offset,
    variable,
)
from armsym.terms import ops
from armsym.terms.linear import linear_view, make_sum
from armsym.terms.node import Sum, Term, Value, intern

__all__ = [
    "Access",
    "Change",
    "Filled",
    "Read",
    "SymbolicMemory",
    "SymbolicRegion",
    "Unclear",
    "Unknown",
    "signed",
    "split_offset",
    "variable",
]

#: A table of the file has at most so many entries where it is unknown which one is loaded.
TABLE = 256

#: A load at an offset with more possible values than this is not followed to each of them.
SPAN = 256

#: A store is this far from its symbolic part at most: then the bytes stored have one constant offset each, for
#: none of them lies beyond 2**63, where signed numbers wrap.
FAR = 1 << 62


class Unclear(MemoryFault):
    """What a region holds cannot be told from the stores to it: whether one was there is not known."""

    def __init__(self, region: str, why: str) -> None:
        super().__init__(why)
        self.region = region


class _Overlay:
    """Bytes written at offsets with one symbolic part: offset -> (value, byte within it)."""

    __slots__ = ("bytes", "symbolic")

    def __init__(self, symbolic: Term | None) -> None:
        self.symbolic = symbolic
        self.bytes: dict[int, tuple[Bits, int]] = {}


class SymbolicMemory:
    """Regions, what was written to them, and the log of accesses."""

    def __init__(self, regions: list[SymbolicRegion]) -> None:
        self.regions = regions
        self._by_base: dict[int, list[SymbolicRegion]] = {}
        for r in regions:
            self._by_base.setdefault(r.base.id, []).append(r)
        #: What was written, by region: an image may have thousands, of which few ever are.
        self.overlays: defaultdict[str, list[_Overlay]] = defaultdict(list)
        #: What lies under the overlays, where that is no longer the content on entry.
        self.beneath: dict[str, Unknown | Filled] = {}
        #: What the code accessed, in order: each must lie in its region.
        self.log: list[Access] = []
        #: What changed otherwise than by a store, and is no access: what a callee may change, stack that was given up.
        self.changes: list[Change] = []
        #: Decides one-bit values under the facts of the path (None: cannot tell).
        self.decide: Callable[[Prop], bool | None] = lambda _: None
        #: The one number that a value is under the facts of the path (None: cannot tell).
        self.fixed: Callable[[Bits], int | None] = lambda v: v.value if isinstance(v.value, int) else None
        #: What claims read at: the same offset or address, in the terms in which this memory has its own.
        self.settled: Callable[[Bits], Bits] = lambda v: v
        #: Offset of the instruction being executed, set by the engine for the log.
        self.at = 0
        #: Whether two symbolic parts can be shown never to meet: (region, a, lo, hi, b, lo, hi) -> bool.
        self.disjoint: Callable[[Term | None, int, int, Term | None, int, int], bool] | None = None
        self._split_cache: dict[int, tuple[SymbolicRegion, Term | None, int]] = {}
        #: Where what claims read of this state is noted, while it may be read by them.
        self._reads: list[Read] | None = None

    def fork(self) -> SymbolicMemory:
        """An independent copy; the log is shared history, copied."""
        m = type(self).__new__(type(self))
        m.regions, m._by_base, m.at, m.disjoint = self.regions, self._by_base, self.at, self.disjoint
        m.beneath, m.decide, m.fixed, m.settled = self.beneath.copy(), self.decide, self.fixed, self.settled
        m._split_cache = self._split_cache
        m._reads = None
        m.overlays = defaultdict(list)
        for name, layers in self.overlays.items():
            if not layers:
                continue
            copies = []
            for layer in layers:
                c = _Overlay(layer.symbolic)
                c.bytes = layer.bytes.copy()
                copies.append(c)
            m.overlays[name] = copies
        m.log, m.changes = self.log[:], self.changes[:]
        return m

    def let_go(self) -> None:
        """Ask the path that it belongs to no more: nothing can be told from here on."""
        self.decide, self.fixed, self.disjoint, self.settled = _untold, _untold, None, _untold

    def clear_notes(self) -> None:
        """Begin the logs of accesses and of changes anew."""
        self.log.clear()
        self.changes.clear()

    def rewrite(self, new: Callable[[Bits], Bits]) -> None:
        """Put `new(value)` in place of each value stored, and of each offset stored at."""
        for name, layers in self.overlays.items():
            rewritten = []
            for layer in layers:
                symbolic, shift = (None, 0) if layer.symbolic is None else split_offset(new(Bits(64, layer.symbolic)))
                values = {id(v): new(v) for v, _ in layer.bytes.values()}
                c = _Overlay(symbolic)
                # Modulo 2**64, as every offset is.
                c.bytes = {signed(k + shift & M64): (values[id(v)], j) for k, (v, j) in layer.bytes.items()}
                for k in c.bytes:
                    _near(name, symbolic, k)
                rewritten.append(c)
            self.overlays[name] = rewritten

    # -- addresses ----------------------------------------------------------------------------

    def split(self, address: Bits) -> tuple[SymbolicRegion, Term | None, int]:
        """The region an address points into, the symbolic part of its offset, and the constant.

        The region is the one whose base variable the address has; among several with one base
        (parts of an image, or of the stack) the constant decides.  Raises `MemoryFault`.
        """
        v = address.value
        if isinstance(v, int):
            raise MemoryFault(f"the address {v:#x} is a number: it lies in no declared region")
        terms, const = linear_view(v)
        found: list[SymbolicRegion] | None = None
        base: Term | None = None
        for t, c in terms.items():
            if c == 1 and t.id in self._by_base:
                if found is not None:
                    raise MemoryFault(f"the address {v} has two bases")
                found, base = self._by_base[t.id], t
        if found is None:
            bases = ", ".join(sorted({str(r.base) for r in self.regions if r.access}))
            raise MemoryFault(f"the address {v} has no known base (bases: {bases})")
        if len(terms) == 1:
            symbolic = None
        else:
            rest = Sum(64, {t: c for t, c in terms.items() if t is not base}, 0)
            symbolic = intern(_plain(rest))
        for r in found:
            k = signed((const - r.bias) & M64)
            if len(found) == 1 or (r.size.is_concrete and 0 <= k < r.size.uint):
                return r, symbolic, k
        at = signed(const)
        names = ", ".join(f"{r.name} at {r.bias:+#x}" for r in found[:8])
        raise MemoryFault(f"the address {v} lies {at:+#x} from {base}, in no declared region (declared: {names})")

    # -- access -------------------------------------------------------------------------------

    def load(self, address: Bits, size: int) -> Bits:
        """See `armsym.memory.Memory.load`."""
        region, symbolic, k = self.split(address)
        if region.unknown is not None:
            raise UndeterminedContent(f"load of {size} bytes from {region.name}+{k:#x}: {region.unknown(k, size)}")
        if "r" not in region.access:
            raise MemoryFault(f"load of {size} bytes from {region.name}+{k:#x}, which may not be read")
        self.log.append(Access(self.at, region, symbolic, k, size, False))
        return self.peek(region, symbolic, k, size)

    def look(self, address: Bits, size: int) -> Bits:
        """See `armsym.memory.Memory.look`; to be called within `observed`."""
        return self.look_at(*self.split(self.settled(address)), size)

    def look_at(self, region: SymbolicRegion, symbolic: Term | None, k: int, size: int) -> Bits:
        """What a claim reads: the content at a region's offset, noted, so that it can be shown to lie in the region.

        Raises `InputError` outside of `observed`: nobody would look at the note.
        """
        if self._reads is None:
            raise InputError(f"{region.name} is read in a state that was handed to another claim")
        value = self.peek(region, symbolic, k, size)
        self._reads.append(Read(region, symbolic, k, size, value))
        return value

    @property
    def noted(self) -> int:
        """How many reads of this state are noted."""
        return len(self._reads or ())

    @contextmanager
    def observed(self) -> Iterator[list[Read]]:
        """Within this, claims may read this state; what they read is in the list."""
        outer, self._reads = self._reads, []
        try:
            yield self._reads
        finally:
            self._reads = outer

    def store(self, address: Bits, value: Bits) -> None:
        """See `armsym.memory.Memory.store`."""
        region, symbolic, k = self.split(address)
        size = value.width // 8
        if "w" not in region.access:
            raise MemoryFault(f"store of {size} bytes to {region.name}+{k:#x}, which may not be written")
        self.log.append(Access(self.at, region, symbolic, k, size, True))
        self.poke(region, symbolic, k, value)

    def poke(self, region: SymbolicRegion, symbolic: Term | None, k: int, value: Bits) -> None:
        """Write without logging; raises `MemoryFault` for an offset whose constant is too far from 0."""
        _near(region.name, symbolic, k)
        layers = self.overlays[region.name]
        if not layers or layers[-1].symbolic is not symbolic:
            layers.append(_Overlay(symbolic))
        data = layers[-1].bytes
        for j in range(value.width // 8):
            data[k + j] = (value, j)

    def peek(self, region: SymbolicRegion, symbolic: Term | None, k: int, size: int) -> Bits:
        """The current content, without logging; raises `MemoryFault` when it cannot be told."""
        for layer in reversed(self.overlays[region.name]):
            data = layer.bytes
            if layer.symbolic is not symbolic:
                if not self._apart(symbolic, k, size, layer):
                    if layer.symbolic is None and symbolic is not None and symbolic.pb < SPAN:
                        return self._anywhere(region, symbolic, k, size)
                    raise Unclear(
                        region.name,
                        f"the load of {size} bytes at {region.name}+{symbolic or 0}{k:+#x} may or may not meet"
                        f" an earlier store at +{layer.symbolic or 0}",
                    )
                continue
            first = data.get(k)
            if first is not None and first[1] == 0 and first[0].width == 8 * size:
                value = first[0]
                if all((d := data.get(k + j)) is not None and d[0] is value and d[1] == j for j in range(1, size)):
                    return value
            hits = [data.get(k + j) for j in range(size)]
            if any(h is not None for h in hits):
                return self._gather(region, symbolic, k, hits)
        return self._initial(region, symbolic, k, size)

    def _anywhere(self, region: SymbolicRegion, symbolic: Term, k: int, size: int) -> Bits:
        """Bytes at one of a few offsets: k, k+1, ... as far as the symbolic part may reach.

        Offsets past the end of the region play no part: that the access lies inside is shown elsewhere.
        """
        last = k + symbolic.pb + size
        if not region.size.is_concrete or k < 0:
            raise MemoryFault(f"load of {size} bytes at {region.name}+{symbolic}{k:+#x}: some of it was stored to")
        end = min(last, region.size.uint)
        step = symbolic.pb & -symbolic.pb
        if 1 < size <= step and k + size <= end:
            # Entries of a table that do not share bytes, and the number of one.
            entries = [self.peek(region, None, at, size) for at in range(k, end - size + 1, step)]
            return select(Bits(64, symbolic) >> step.bit_length() - 1, entries)
        cells = [self.peek(region, None, at, 1) for at in range(k, end)]
        found = [select(Bits(64, symbolic), cells[j : j + symbolic.pb + 1]) for j in range(size) if cells[j:]]
        if len(found) < size:
            raise MemoryFault(f"load of {size} bytes at {region.name}+{symbolic}{k:+#x}: past its end")
        return concat(*reversed(found))

    def _gather(
        self, region: SymbolicRegion, symbolic: Term | None, k: int, hits: list[tuple[Bits, int] | None]
    ) -> Bits:
        """Bytes from several stores, and from older content where none hit."""
        parts: list[Bits] = []
        as_cells = self._is_cells(region)
        j = 0
        while j < len(hits):
            h = hits[j]
            if h is None and as_cells:
                n = next((n for n in range(1, len(hits) - j) if hits[j + n] is not None), len(hits) - j)
                parts.append(self._initial(region, symbolic, k + j, n))
                j += n
                continue
            if h is None:
                # Older layers and the initial content, byte by byte.
                older = self._below(region, symbolic, k + j)
                parts.append(older)
                j += 1
                continue
            value, start = h
            n = 1
            while j + n < len(hits) and (nxt := hits[j + n]) is not None and nxt[0] is value and nxt[1] == start + n:
                n += 1
            parts.append(value[8 * (start + n) - 1 : 8 * start])
            j += n
        return concat(*reversed(parts))

    def _is_cells(self, region: SymbolicRegion) -> bool:
        """Whether nothing but its cells lies below a region's latest stores: no older stores, no known bytes."""
        under = self.beneath.get(region.name)
        plain = region.fixed is None and not region.given and not isinstance(under, Filled)
        return plain and len(self.overlays[region.name]) == 1

    def _below(self, region: SymbolicRegion, symbolic: Term | None, k: int) -> Bits:
        for layer in reversed(self.overlays[region.name]):
            if layer.symbolic is symbolic:
                h = layer.bytes.get(k)
                if h is not None:
                    return h[0][8 * h[1] + 7 : 8 * h[1]]
            elif not self._apart(symbolic, k, 1, layer):
                raise MemoryFault(
                    f"the byte at {region.name}+{symbolic or 0}{k:+#x} may or may not have been stored to"
                )
        return self._initial(region, symbolic, k, 1)

    def _apart(self, symbolic: Term | None, k: int, size: int, layer: _Overlay) -> bool:
        if self.disjoint is None or not layer.bytes:
            return not layer.bytes
        lo, hi = min(layer.bytes), max(layer.bytes) + 1
        return self.disjoint(symbolic, k, k + size, layer.symbolic, lo, hi)

    def _initial(self, region: SymbolicRegion, symbolic: Term | None, k: int, size: int) -> Bits:
        under = self.beneath.get(region.name)
        if isinstance(under, Filled):
            found = self._filled(region, under, symbolic, k - under.start, size)
            if found is not None:
                return found
            if under.rest is not None:
                return self._cells(region, under.rest, symbolic, k, size)
        elif isinstance(under, Unknown):
            return self._cells(region, under.name, symbolic, k, size)
        return self.on_entry(region, symbolic, k, size)

    def _filled(self, region: SymbolicRegion, f: Filled, symbolic: Term | None, k: int, size: int) -> Bits | None:
        """Bytes of filled blocks, k from the first, or of their tail; None where the content is what lies around."""
        if f.tail and self._past(region, f, symbolic, k):
            return self._of_tail(region, f, symbolic, k, size)
        if symbolic is None and f.upto.is_concrete and not 0 <= k < f.upto.uint * f.size:
            if k < 0 < k + size:
                raise MemoryFault(f"the {size} bytes at {region.name}{k:+#x} lie partly before the known blocks")
            return None
        left = f.size - k % f.size
        if symbolic is None and f.upto.is_concrete and size > left:
            return self._in_parts(region, f, None, k, size, left)
        offset = _offset(symbolic, k)
        where = f"{region.name}+{offset.value}"
        if f.upto.value == 0:
            return None
        distance = offset - f.upto * f.size
        if isinstance(distance.value, int):
            d = signed(distance.value)
            if d >= 0:
                return None
            back, c = d // f.size, d % f.size
            j = f.upto + Bits.wrap(64, back)
            inside = self.decide(f.upto >= -back)
        else:
            terms, const = linear_view(offset.value) if isinstance(offset.value, Term) else ({}, offset.value)
            blocks, c = divmod(signed(const), f.size)
            if any(signed(n) % f.size for n in terms.values()):
                # In which block it begins is not known; but all of it may lie beyond the last.
                if self.decide((f.upto * f.size <= offset) & (offset <= M64 - (size - 1))):
                    return None
                raise MemoryFault(f"the offset {where} is not in blocks of {f.size} bytes")
            j = Bits(64, make_sum(64, {t: signed(n) // f.size & M64 for t, n in terms.items()}, blocks & M64))
            # Block j really starts at size * j: nothing wraps.
            wraps = const + sum(n * t.pb for t, n in terms.items()) >= 1 << 64
            if wraps and f.size > 1 and not self.decide(j < (1 << 64) // f.size):
                raise MemoryFault(f"the offset {where} may wrap around")
            inside = self.decide(j < f.upto)
            if inside is False and f.start and not self.decide(offset <= M64 - (size - 1)):
                raise MemoryFault(f"the {size} bytes at {where} may lie partly before the known blocks")
            if inside is False:
                return None
        if inside is True and c + size > f.size:
            return self._in_parts(region, f, symbolic, k, size, f.size - c)
        if inside is not True:
            raise MemoryFault(
                f"it is not known in which block the {size} bytes at {where} lie, or whether it is written"
            )
        return f.bytes_of(j, c, size)

    def _in_parts(self, region: SymbolicRegion, f: Filled, symbolic: Term | None, k: int, size: int, left: int) -> Bits:
        """Bytes over several blocks: `left` of the first, and then the others, for nothing is known of the next yet."""
        first = self._filled(region, f, symbolic, k, left)
        more = self._filled(region, f, symbolic, k + left, size - left)
        if first is None or more is None:
            where = f"{k:+#x}" if symbolic is None else f"+{_offset(symbolic, k).value}"
            raise MemoryFault(f"the {size} bytes at {region.name}{where} lie partly beyond the known blocks")
        return concat(more, first)

    def _past(self, region: SymbolicRegion, f: Filled, symbolic: Term | None, k: int) -> bool:
        """Whether an offset lies past the blocks, where a tail follows; raises `MemoryFault` if that is not known."""
        offset = _offset(symbolic, k)
        distance = offset - f.upto * f.size
        if isinstance(distance.value, int):
            return signed(distance.value) >= 0
        if self.decide(offset < f.upto * f.size):
            return False
        raise MemoryFault(f"it is not known whether {region.name}+{offset.value} lies in the blocks known")

    def _of_tail(self, region: SymbolicRegion, f: Filled, symbolic: Term | None, k: int, size: int) -> Bits | None:
        """Bytes at an offset at or past the end of the blocks: of the tail, or None where they lie past that, too."""
        offset = _offset(symbolic, k)
        distance = (offset - f.upto * f.size).value
        assert isinstance(distance, int)
        d = signed(distance)
        if d + size <= len(f.tail) and self.decide(f.after >= d + size):
            return concat(*reversed(f.tail[d : d + size]))
        if self.decide(f.after <= d):
            return None
        raise MemoryFault(
            f"it is not known whether the {size} bytes at {region.name}+{offset.value} lie in the tail known"
        )

    def forget(self, region: SymbolicRegion, name: str) -> None:
        """Let the whole content be unknown, under a new name."""
        self.overlays[region.name] = []
        self.beneath[region.name] = Unknown(name)

    def on_entry(self, region: SymbolicRegion, symbolic: Term | None, k: int, size: int) -> Bits:
        """The content before the routine ran."""
        if region.fixed is not None:
            return region.fixed(k, size) if symbolic is None else self._entry(region, symbolic, k, size)
        for at, value in region.given.items():
            n = value.width // 8
            if symbolic is not None:
                raise MemoryFault(
                    f"load from {region.name} at the symbolic offset {symbolic}{k:+#x}: some of it is given"
                )
            if at <= k and k + size <= at + n:
                return value[8 * (k - at + size) - 1 : 8 * (k - at)]
            if k < at + n and at < k + size:
                raise MemoryFault(
                    f"{size} bytes at {region.name}+{k} overlap the {n} given at {at}, which they do not lie in:"
                    f" p.given says what a value of the width of the loads is, here {size} bytes at {region.name}+{k}"
                )
        return self._cells(region, region.name, symbolic, k, size)

    @staticmethod
    def _entry(region: SymbolicRegion, symbolic: Term, k: int, size: int) -> Bits:
        """An entry of a table of the file at one of a few offsets, byte by byte a table of constants."""
        offset, reach = _as_bits(symbolic)
        low = (reach & -reach).bit_length() - 1
        index = reach >> low
        if index >= TABLE:
            raise MemoryFault(f"load from {region.name} at the symbolic offset {symbolic}{k:+#x}")
        assert region.fixed is not None
        # Entries at which the index has an impossible bit are not looked at: there may be no table any more.
        entries = [0 if n & ~index else region.fixed(k + (n << low), size).value for n in range(index + 1)]
        if not all(isinstance(e, int) for e in entries):
            raise MemoryFault(f"load from {region.name} at {symbolic}{k:+#x}: an address that the loader fills in")
        width = index.bit_length()
        number = offset[low + width - 1 : low]
        columns = [[Bits(8, e >> 8 * j & 0xFF) for e in entries if isinstance(e, int)] for j in range(size)]
        return concat(*reversed([look_up(column, number, Bits(8, 0)) for column in columns]))

    def _cells(self, region: SymbolicRegion, name: str, symbolic: Term | None, k: int, size: int) -> Bits:
        cell = region.cell
        first = k - k % cell
        low_zero = symbolic.pb & -symbolic.pb if symbolic is not None else cell
        if symbolic is not None and low_zero % cell:
            raise MemoryFault(
                f"the offset {symbolic} is not a multiple of the {cell}-byte cells of {region.name}:"
                " declare smaller cells"
            )
        parts: list[Bits] = []
        at = first
        while at < k + size:
            offset: Value = at & M64
            if symbolic is not None:
                offset = ops.add(64, symbolic, offset)
            value = region.cell_of(name, offset)
            if region.order == "big" and cell > 1:
                value = value.reverse_bytes()
            lo, hi = max(k - at, 0), min(k + size - at, cell)
            if (lo, hi) != (0, cell):
                value = value[8 * hi - 1 : 8 * lo]
            parts.append(value)
            at += cell
        return concat(*reversed(parts)) if len(parts) > 1 else parts[0]


def _untold(_: object) -> NoReturn:
    raise AssertionError("the memory of a path that is over is asked")


def _offset(symbolic: Term | None, k: int) -> Bits:
    """An offset into a region: the symbolic part, if there is one, and a number."""
    return Bits.wrap(64, k) if symbolic is None else Bits(64, symbolic) + Bits.wrap(64, k)


def _as_bits(t: Term) -> tuple[Bits, int]:
    """A 64-bit term and its possible bits; as an XOR, if it is a sum of numbers that have no bit in common."""
    terms, reach = linear_view(t)
    total = Bits(64, reach)
    for u, c in terms.items():
        part = ops.mul(64, u, c)
        possible = part if isinstance(part, int) else intern(part).pb
        if possible & reach:
            return Bits(64, t), t.pb
        total, reach = total ^ Bits(64, part), reach | possible
    return total, reach


def _near(name: str, symbolic: Term | None, k: int) -> None:
    if symbolic is not None and not -FAR <= k <= FAR:
        raise MemoryFault(f"the store at {name}+{symbolic}{k:+#x}: more than 2**62 from what is added")


def _plain(s: Sum) -> Term:
    v = make_sum(64, s.terms, s.const)
    assert isinstance(v, Term)
    return v
