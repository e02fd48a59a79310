"""`Proof`: what a proof function declares.

The same proof function is run once symbolically and several times concretely; `Proof` is what
both have in common, and the two subclasses (`armsym.proof.symbolic`, `armsym.proof.concrete`)
give the declarations their meaning.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Protocol

from armsym.bits import Bits, Prop
from armsym.elf import Image
from armsym.errors import InputError
from armsym.machine import Machine
from armsym.proof.abi import AAPCS64, Interface
from armsym.proof.checks import (
    a_condition,
    a_function,
    a_number,
    a_pair_list,
    a_text,
    a_vector,
    an_order,
    numbers,
    shown,
    told_by,
    vectors,
    whole_bytes,
)
from armsym.proof.claims import claims_of
from armsym.proof.handles import Claims, Fold, Iterated, Region, Rodata
from armsym.proof.loops import Loop, Routine
from armsym.proof.state import State, Words

__all__ = ["Contract", "Cut", "Invariant", "Phase", "Proof", "StackArea"]

#: Names that the engine gives to its own variables and regions.
RESERVED = frozenset({"x", "v", "i", "flags", "stack", "image", "sp0", "lr0", "dit0", "N", "Z", "C", "V"})

#: A frame is aligned to at most this: to 16 * n it is proved in n cases.
MAX_FRAME_ALIGN = 4096

#: Concrete runs place regions at multiples of this.
MAX_ALIGN = 1 << 16

InvariantFn = Callable[[State, Bits], Claims]
EnsuresFn = Callable[[State], Claims]
CutFn = Callable[[State, int], Claims]
ForgetFn = Callable[[int], Sequence[tuple[Fold, int]]]


class Contract(Protocol):
    """A proof whose statement stands for the routine where another calls it: an `armsym.proof.registry` definition."""

    @property
    def name(self) -> str:
        """The proof's name."""

    @property
    def symbol(self) -> str:
        """The routine it speaks of."""

    def __call__(self, p: Proof) -> None:
        """Declare inputs and claims."""


@dataclass(frozen=True)
class StackArea:
    """`depth` bytes below the stack pointer on entry, and `above` bytes from it up; the frame is aligned to `align`."""

    depth: int
    above: int
    align: int = 16


@dataclass(frozen=True)
class Phase:
    """Where SP lies on entry: `rest` bytes above a multiple of `align`, both multiples of 16."""

    align: int = 16
    rest: int = 0

    @staticmethod
    def all(align: int) -> Iterator[Phase]:
        """Each place that AAPCS64, by which SP is a multiple of 16, leaves it."""
        return (Phase(align, rest) for rest in range(0, align, 16))


@dataclass
class Invariant:
    """Claims at a loop head; `upto` bounds the index, `inclusive` lets it be reached, each arrival adds `step`."""

    head: int
    upto: Bits
    inclusive: bool
    claims: InvariantFn
    name: str
    when: Callable[[State], Prop] | None = None
    step: int = 1


@dataclass
class Cut:
    """Claims at a point of straight-line code; fold values in `forget` become arbitrary there.

    Both are functions of the arrival: 0, 1, ... where a loop without an invariant passes `at`.
    """

    at: int
    claims: CutFn
    forget: ForgetFn
    name: str
    drop_v: frozenset[int]


@dataclass
class _Declared:
    regions: list[Region] = field(default_factory=list)
    invariants: list[Invariant] = field(default_factory=list)
    cuts: list[Cut] = field(default_factory=list)
    folds: list[Fold] = field(default_factory=list)
    ensures: list[EnsuresFn] = field(default_factory=list)
    modifies: list[Region] = field(default_factory=list)
    stack: int = 0
    above: int = 0
    #: What the routine makes SP a multiple of.
    align: int = 16
    interface: Interface = AAPCS64
    contracts: list[Contract] = field(default_factory=list)
    assumptions: list[str] = field(default_factory=list)
    #: The ranges of numbers by name, and the assumptions that are neither these, nor regions, nor every proof's.
    ranges: dict[str, tuple[int, int]] = field(default_factory=dict)
    particular: list[str] = field(default_factory=list)
    requires: list[tuple[str, Prop]] = field(default_factory=list)
    lemmas: list[tuple[str, Prop]] = field(default_factory=list)
    given: list[tuple[Region, int, int]] = field(default_factory=list)
    choices: dict[str, tuple[int, ...]] = field(default_factory=dict)
    splits: list[tuple[int, Callable[[State, Bits], Prop]]] = field(default_factory=list)
    shows: list[tuple[int, Callable[[State], object]]] = field(default_factory=list)
    public_x: set[int] = field(default_factory=set)


class Proof(ABC):
    """A proof being declared.  Addresses of code are offsets into the image."""

    def __init__(self, routine: Routine, chosen: Mapping[str, int] | None = None, phase: Phase | None = None) -> None:
        """`chosen` says which alternative of each `choice` this run is about; else the first.

        `phase` is where SP lies on entry; by default at any multiple of 16.
        """
        self._phase = phase or Phase()
        self.routine = routine
        self._d = _Declared()
        self._names: set[str] = set()
        self._chosen = dict(chosen or {})
        self._arbitrary = Bits(64, 0)
        self._blocks: dict[tuple[object, object], list[Bits]] = {}
        self._entry: State | None = None
        #: In a concrete run: the first blocks of each pointwise claim met so far, as bytes.
        self._blocks_of: dict[object, bytearray] = {}

    # -- inputs -------------------------------------------------------------------------------

    def nat(self, name: str, *, low: int = 0, high: int, unit: int = 1) -> Bits:
        """A public 64-bit number with low <= name <= high (a length, a count).

        Concrete runs take small numbers of units: for a length in bytes of blocks of 64, `unit=64`.
        """
        self._new_name(name)
        a_number(f"nat {name}: low", low), a_number(f"nat {name}: high", high), a_number(f"nat {name}: a unit", unit, 1)
        if not 0 <= low <= high < 1 << 64:
            raise InputError(f"nat {name}: 0 <= low <= high < 2**64 does not hold for low={low}, high={high}")
        self._assume(f"{low} <= {name} <= {high:#x}" if high > 9999 else f"{low} <= {name} <= {high}")
        self._d.ranges[name] = (low, high)
        return self._make_nat(name, low, high, unit)

    def choice(self, name: str, values: Sequence[int]) -> int:
        """One of a few numbers, such as the bits of a key: the routine is proved for each by itself.

        It is a Python number, so a proof may compute with it and branch on it; but which choices
        there are must not depend on another choice.
        """
        self._new_name(name)
        values = numbers(f"choice {name}: the values", values, -(1 << 64))
        if not values or len(set(values)) != len(values):
            raise InputError(f"choice {name}: the values must be different numbers, at least one, not {list(values)}")
        self._d.choices[name] = tuple(values)
        self._assume(f"{name} is {' or '.join(str(v) for v in values)}")
        got = self._chosen.get(name, values[0])
        if got not in values:
            raise InputError(f"choice {name}: its values depend on another choice")
        return got

    def word(self, name: str, width: int = 64, *, public: bool = False) -> Bits:
        """Any value of `width` bits; secret unless public."""
        self._new_name(name)
        a_number(f"word {name}: the width", width, 1)
        if public:
            self._assume(f"{name} is public")
        return self._make_word(name, width, public)

    def region(
        self,
        name: str,
        size: Bits | int,
        *,
        access: str,
        public: bool = False,
        align: int = 1,
        cell: int | None = None,
        order: str = "little",
    ) -> Region:
        """`size` bytes at an address that is a multiple of `align`.

        What may be written is disjoint from all else; regions that are only read may overlap, for
        nothing shows whether they do.
        `access` is "r", "w" or "rw".  The content is secret unless public.  `cell` and `order`
        say how the content is cut into symbolic units; by default as it is first read.
        """
        self._new_name(name)
        if not isinstance(access, str) or access not in {"r", "w", "rw"}:
            raise InputError(f"region {name}: access is 'r', 'w' or 'rw', not {access!r}")
        an_order(f"region {name}", order)
        if cell is not None:
            a_number(f"region {name}: a cell", cell, 1, 64)
            if cell & (cell - 1):
                raise InputError(f"region {name}: a cell has 1, 2, 4, 8, ... bytes, not {cell}")
        if not 1 <= a_number(f"region {name}: the alignment", align) <= MAX_ALIGN or align & (align - 1):
            raise InputError(f"region {name}: the alignment {align} is not a power of two up to {MAX_ALIGN}")
        if not isinstance(size, Bits):
            size = Bits(64, a_number(f"region {name}: the size in bytes", size, 0, (1 << 63) - 1))
        size_bits = a_vector(f"region {name}: the size in bytes", size, 64)
        r = Region(self, name, size_bits, access)
        self._d.regions.append(r)
        self._make_region(r, public, align, cell, order)
        aligned = f", {align}-byte aligned" if align > 1 else ""
        if align > 1:
            self._d.particular.append(f"{name} is {align}-byte aligned")
        if public:
            aligned += ", its content public"
        others = "every other region" if "w" in access else "every region that may be written"
        self._assume(f"{name}: {_size_text(size_bits)} bytes, {access}, disjoint from {others}, not wrapping{aligned}")
        return r

    def rodata(self, values: Sequence[Bits] | bytes, *, symbol: str | None = None) -> Rodata:
        """A read-only table of the file with exactly this content (words little-endian).

        Found by content; of several copies the one whose address the routine computes.  Raises
        `InputError` when the file does not hold it, or it is not clear which copy is meant and
        no `symbol` says.
        """
        data = (
            values
            if isinstance(values, bytes)
            else b"".join(v.to_bytes("little") for v in vectors("rodata: the values", values))
        )
        if not data:
            raise InputError("rodata: a table has at least one byte")
        image = self.routine.image
        if symbol is not None:
            at = image.symbol(a_text("rodata: symbol", symbol)).offset
            found = image.bytes_at(at, len(data))
            if found != data:
                bad = next(k for k in range(len(data)) if found[k] != data[k])
                raise InputError(
                    f"{image.path}: the table at {symbol} differs from the claimed constants at byte {bad}:"
                    f" {found[bad]:#04x} in the file, {data[bad]:#04x} claimed"
                )
            return Rodata(self, at)
        places = image.find_bytes(data, "r")
        if not places:
            raise InputError(f"{image.path}: no read-only data holds the {len(data)} bytes {data[:8].hex()}... claimed")
        if len(places) > 1:
            places = [x for x in places if x in self.routine.computed_addresses] or places
        if len(places) > 1:
            names = ", ".join(image.symbolize(p) for p in places)
            raise InputError(f"{image.path}: the {len(data)} bytes claimed occur at {names}: name one with symbol=")
        return Rodata(self, places[0])

    def global_(self, symbol: str, width: int, *, public: bool = True) -> Bits:
        """The value on entry of a global variable of the file; any value, and read-only."""
        image = self.routine.image
        a_text("global_: the symbol", symbol)
        whole_bytes(f"global_ {symbol}: the width", width)
        # Another file may define it: then it has a place here nevertheless, or a slot that holds its address.
        offset = image.globals.get(symbol)
        if offset is None and symbol not in image.imported:
            offset = image.symbol(symbol).offset
        self._new_name(symbol)
        if public:
            self._assume(f"{symbol} is public")
        if offset is None:
            self._assume(f"{symbol}, which another file defines, has memory of its own")
        return self._make_global(symbol, offset, width, public)

    def call(self, **registers: Bits | Region | int) -> None:
        """The arguments, as registers: `p.call(x0=ctx, x1=msg, x2=n)`.

        Assumes AAPCS64: SP is 16-byte aligned, LR holds the caller's return address; obliges
        return, SP and callee-saved registers.  A w register leaves the upper half unknown.
        """
        if self._entry is not None:
            raise InputError("call: the registers on entry were read already")
        for name, value in registers.items():
            kind, digits = name[:1], name[1:]
            if kind not in "xw" or not digits.isdigit() or int(digits) > 30:
                raise InputError(f"call: {name!r} is not a register x0..x30 or w0..w30")
            width = 64 if kind == "x" else 32
            v = value.base if isinstance(value, Region) else value
            if isinstance(v, int):
                v = Bits(width, a_number(f"call: {name}", v, 0, (1 << width) - 1))
            if not isinstance(v, Bits):
                raise InputError(f"call: {name} takes a Region, Bits or an int, not {shown(v)}")
            if v.width != width:
                raise InputError(f"call: {name} has {width} bits, the argument {v.width}")
            self._set_argument(int(digits), v)

    @property
    def entry(self) -> State:
        """The registers on entry; arguments are declared before."""
        if self._entry is None:
            self._entry = State(self._entry_registers())
        return self._entry

    def assume(self, text: str, condition: Prop) -> None:
        """A precondition on the inputs, listed in the report as `text`."""
        condition = a_condition(f"assume {text!r}: what is assumed", condition)
        self._assume(a_text("assume: the text", text), particular=True)
        self._d.requires.append((text, condition))
        self._require(condition)

    def given(self, region: Region, offset: int, value: Bits, text: str = "") -> None:
        """Assume that on entry `region` holds `value` (little-endian) at a byte offset.

        For fields with a known meaning, such as the number of rounds in a key structure.  `text` says what
        the value is, in the report; by default that is the value itself.
        """
        self._a_region("given: the region", region)
        a_number(f"given {region.name}: the offset", offset), a_text(f"given {region.name}: the text", text)
        size = a_vector(f"given {region.name}: the value", value).width // 8
        if value.width % 8 or not region.size.is_concrete or not 0 <= offset <= region.size.uint - size:
            raise InputError(
                f"{region.name}: {value.width} bits given at byte {offset} do not lie in a region of fixed size"
            )
        for r, at, n in self._d.given:
            if r is region and at < offset + size and offset < at + n:
                raise InputError(f"{region.name}: the {size} bytes given at {offset} overlap the {n} given at {at}")
        self._d.given.append((region, offset, size))
        held = f"{region.name} holds {text or _size_text(value)} in {size} bytes at offset {offset}"
        self._assume(held, particular=True)
        self._give(region, offset, value)

    # -- the specification --------------------------------------------------------------------

    def fold(
        self,
        step: Callable[[Words, Words], Sequence[Bits]],
        *,
        start: Sequence[Bits],
        over: Callable[[Bits], Words],
        name: str = "H",
    ) -> Fold:
        """H with H(0) = start and H(i + 1) = step(H(i), over(i))."""
        self._new_name(name)
        a_function(f"fold {name}: step", step, "state", "block"), a_function(f"fold {name}: over", over, "i")
        if not vectors(f"fold {name}: the words of start", start):
            raise InputError(f"fold {name}: start has at least one word")
        self._d.folds.append(Fold(self, name, step, start, over))
        return self._d.folds[-1]

    def unfold(self, f: Iterated, start: Sequence[Bits], *, name: str = "A") -> Fold:
        """The steps of f from `start`: a fold A with A(f.times) = f(start)."""
        self._new_name(name)
        if not isinstance(f, Iterated):
            raise InputError(f"unfold {name}: an Iterated function is unfolded, not {shown(f)}")
        vectors(f"unfold {name}: the words of start", start)
        fold = Fold(self, name, lambda S, k: f.step(S, k[0].uint), start, lambda k: Words([k]), of=f)
        self._d.folds.append(fold)
        return fold

    def clobbers(self, *, x: Iterable[int] = (), v: Iterable[int] = ()) -> None:
        """For a routine that does not follow AAPCS64: only these registers, and the flags, may change.

        SP, PSTATE.DIT and all of every other register are as on entry; it returns to LR all the same.
        """
        in_x, in_v = numbers("clobbers: registers in x", x, 0), numbers("clobbers: registers in v", v, 0)
        self._d.interface = i = Interface.clobbering(in_x, in_v)
        names = [f"x{n}" for n in sorted(i.changed_x)] + [f"v{n}" for n in sorted(i.changed_v)]
        changed = ", ".join(names) or "none"
        self._assume(f"no calling convention: {changed} and the flags may change, nothing else", particular=True)

    def memo(self, fn: Callable[[Bits], Sequence[Bits]]) -> Callable[[Bits], Words]:
        """`fn`, a function of one value and of what was declared only, computed once for each value."""
        known: dict[object, Words] = {}
        a_function("memo: what is computed once", fn, "value")

        def once(k: Bits) -> Words:
            key = self._key(a_vector("memo: the value", k))
            if key not in known:
                noted = self._reads_noted()
                # What is kept is used on every path: no path's knowledge may shape it.
                with self._plainly():
                    words = Words(vectors("memo: the words of its function", fn(k)))
                if self._reads_noted() != noted:
                    raise InputError(
                        f"{told_by(fn, 'memo')}: its function reads memory in a state: what is kept"
                        " would stand where nobody looks whether that lies in its region"
                    )
                known[key] = words
            return known[key]

        return once

    def modifies(self, *areas: Region | StackArea) -> None:
        """All that the routine may change besides volatile registers."""
        for a in areas:
            if isinstance(a, StackArea):
                self._d.stack, self._d.above = max(self._d.stack, a.depth), max(self._d.above, a.above)
                self._d.align = max(self._d.align, a.align)
                self._make_stack(self._d.stack, self._d.above)
            else:
                self._d.modifies.append(self._a_region("modifies: what may change", a))

    def stack(self, depth: int, *, above: int = 0, align: int = 16) -> StackArea:
        """`depth` bytes of stack below SP on entry; and `above` bytes from SP up that its caller lends it.

        A routine that makes SP a multiple of more than 16 (`and sp, x9, #-64`) goes down by a number of bytes that
        depends on where its caller's SP was.  With `align`, a power of two, it is proved for each rest that SP may
        leave on entry, by itself, so nothing is assumed of that; `depth` is the most it goes down.
        """
        a_number("stack: the depth", depth), a_number("stack: above", above), a_number("stack: align", align)
        if depth < 0 or depth % 16 or above < 0 or above % 16:
            raise InputError(f"stack: depths are multiples of 16 bytes, not {depth} and {above}")
        if above:
            self._assume(f"the {above} bytes from SP up are the routine's to change", particular=True)
        if not 16 <= align <= MAX_FRAME_ALIGN or align & (align - 1):
            raise InputError(f"stack: align is a power of two from 16 to {MAX_FRAME_ALIGN}, not {align}")
        return StackArea(depth, above, align)

    def ensures(self, claims: EnsuresFn) -> EnsuresFn:
        """Claims on the state on return; usable as a decorator."""
        self._d.ensures.append(claims_of("ensures", a_function("ensures: what is claimed", claims, "state")))
        return claims

    def uses(self, *contracts: Contract) -> None:
        """Take calls of these routines by their proofs' statements, which are proved in the same run.

        At a call, or a branch to the routine's first instruction, its preconditions must hold; then
        what it may change is unknown, but for what its `ensures` claims.
        """
        for c in contracts:
            if not callable(c) or not isinstance(getattr(c, "symbol", None), str):
                raise InputError(f"uses: takes functions declared by @proof, not {shown(c)}")
            if any(known.symbol == c.symbol for known in self._d.contracts):
                raise InputError(f"two contracts of {c.symbol}")
            self._d.contracts.append(c)

    # -- steering the proof -------------------------------------------------------------------

    def invariant(
        self,
        at: Loop | int,
        *,
        upto: Bits,
        inclusive: bool = False,
        when: Callable[[State], Prop] | None = None,
        step: int = 1,
    ) -> Callable[[InvariantFn], InvariantFn]:
        """Claims that hold each time the loop head is reached, for i = 0, step, 2 * step, ...

        i < upto holds at the head (i <= upto if `inclusive`) and i + step at the next arrival, so
        upto - i decreases.  A loop that does five blocks at a time is best stated in blocks, with
        step 5.  Registers and stack words that the loop changes by a constant each time, or
        restores, are found by the engine and need no claim.

        Where an inner loop shares its head with the outer one, `when(s)` tells the arrivals that
        count (for example by the position in a table of constants).
        """

        head = self._a_place("invariant", at)
        where = f"invariant at {self.routine.image.symbolize(head)}"
        a_vector(f"{where}: upto", upto, 64), a_number(f"{where}: the step", step, 1)
        if not isinstance(inclusive, bool):
            raise InputError(f"{where}: inclusive is True or False, not {shown(inclusive)}")
        if when is not None:
            asked = a_function(f"{where}: when", when, "state")
            when = lambda s: a_condition(told_by(asked, f"{where}: what when= returns"), asked(s))  # noqa: E731

        def apply(fn: InvariantFn) -> InvariantFn:
            a_function(f"{where}: what is claimed", fn, "state", "i")
            if any(inv.head == head for inv in self._d.invariants):
                raise InputError(f"two invariants at {self.routine.image.symbolize(head)}: put their claims into one")
            self._d.invariants.append(Invariant(head, upto, inclusive, claims_of(where, fn), where, when, step))
            return fn

        return apply

    def cut(self, at: Loop | int, *, forget: Sequence[tuple[Fold, int]] = ()) -> Callable[[EnsuresFn], EnsuresFn]:
        """Claims at the point `at` of straight-line code, to keep terms small.

        The claims are proved there.  Then each fold value named in `forget`, such as (A, 3) for
        A(3), stands for arbitrary words, and what the claims equate with it holds just that: the
        rest of the proof is about any A(3), and no longer about how it came to be.  Where nothing is
        forgotten, a register that a claim equates with something is written that way from here on.
        """

        place = self._a_place("cut", at)
        a_pair_list("cut: forget", forget, Fold)

        def apply(fn: EnsuresFn) -> EnsuresFn:
            claims = claims_of("cut", a_function("cut: what is claimed", fn, "state"))
            self._add_cut(place, lambda s, _: claims(s), lambda _: forget, frozenset())
            return fn

        return apply

    def cut_each(self, at: Loop | int, *, forget: ForgetFn, drop_v: Iterable[int] = ()) -> Callable[[CutFn], CutFn]:
        """Claims each time a loop that needs no invariant is at its head: one cut for each round.

        A loop of a known number of rounds is followed round by round.  `claims(s, k)` and
        `forget(k)` are as in `cut`, for the arrivals k = 0, 1, ... at the head (of each iteration
        of the loop around it, if that one has an invariant).  Of the vector registers `drop_v`
        only what the claims name is known from there on.
        """

        place = self._a_place("cut_each", at)
        told = told_by(a_function("cut_each: forget", forget, "k"), "cut_each: forget")
        dropped = frozenset(numbers("cut_each: registers in drop_v", drop_v, 0, 31))

        def apply(fn: CutFn) -> CutFn:
            claims = claims_of("cut_each", a_function("cut_each: what is claimed", fn, "state", "k"))
            self._add_cut(place, claims, lambda k: a_pair_list(told, forget(k), Fold), dropped)
            return fn

        return apply

    def _add_cut(self, at: int, claims: CutFn, forget: ForgetFn, drop_v: frozenset[int]) -> None:
        where = self.routine.image.symbolize(at)
        if any(c.at == at for c in self._d.cuts):
            raise InputError(f"two cuts at {where}: put their claims into one")
        self._d.cuts.append(Cut(at, claims, forget, f"cut at {where}", drop_v))

    def lemma(self, name: str, condition: Prop) -> None:
        """A consequence of the preconditions: proved first, by itself, and then known everywhere."""
        self._d.lemmas.append(
            (a_text("lemma: the name", name), a_condition(f"lemma {name!r}: what is said", condition))
        )

    def split(self, at: Loop | int, on: Callable[[State, Bits], Prop]) -> None:
        """Prove each loop iteration separately for `on(s, i)` true and false."""
        asked = a_function("split: on", on, "state", "i")
        place = self._a_place("split", at)
        self._d.splits.append((place, lambda s, i: a_condition(told_by(asked, "split: what on= returns"), asked(s, i))))

    def show(self, at: int, what: Callable[[State], object] | None = None) -> None:
        """Print the proof state at a point of the code whenever the symbolic run reaches it."""
        place = self._a_place("show", at)
        self._d.shows.append((place, _summary if what is None else a_function("show: what", what, "state")))

    # -- for the two kinds of run -------------------------------------------------------------

    def _reads_noted(self) -> int:
        """How many reads of the state that claims are about are noted; on numbers none: each is checked when made."""
        return 0

    def _block(self, fn: Callable[[Bits], Sequence[Bits]], j: Bits) -> list[Bits]:
        """fn(j), which pointwise claims ask for again and again."""
        key = (fn, j.value)
        if key not in self._blocks:
            self._blocks[key] = vectors(told_by(fn, "a pointwise claim: the words of a block"), fn(j))
        return self._blocks[key]

    def _a_region(self, what: str, value: object) -> Region:
        if not isinstance(value, Region):
            raise InputError(f"{what} is a Region that p.region made, not {shown(value)}")
        if value._p is not self:
            raise InputError(f"{what} is a region of this proof, not {value.name} of another")
        return value

    def _a_place(self, what: str, at: object) -> int:
        """The offset of code that is meant by a loop or a number."""
        offset = at.head if isinstance(at, Loop) else at
        if not isinstance(offset, int) or isinstance(offset, bool):
            raise InputError(f"{what}: a place in the code is a Loop or an offset (an int), not {shown(at)}")
        if offset % 4 or offset < 0:
            raise InputError(f"{what}: {offset:#x} is not the offset of an instruction: those are multiples of 4")
        return offset

    def _assume(self, text: str, *, particular: bool = False) -> None:
        self._d.assumptions.append(text)
        if particular:
            self._d.particular.append(text)

    def _new_name(self, name: str) -> None:
        if not a_text("a name", name).isidentifier() or name in RESERVED:
            raise InputError(
                f"{name!r} cannot be a name here: names are identifiers other than {', '.join(sorted(RESERVED))}"
            )
        if name in self._names:
            raise InputError(f"the name {name!r} is taken already")
        self._names.add(name)

    @property
    def image(self) -> Image:
        """The file under proof."""
        return self.routine.image

    @abstractmethod
    def _make_nat(self, name: str, low: int, high: int, unit: int) -> Bits: ...
    @abstractmethod
    def _entry_registers(self) -> Machine: ...
    @abstractmethod
    def _make_word(self, name: str, width: int, public: bool) -> Bits: ...
    @abstractmethod
    def _make_region(self, r: Region, public: bool, align: int, cell: int | None, order: str) -> None: ...
    @abstractmethod
    def _make_global(self, symbol: str, offset: int | None, width: int, public: bool) -> Bits: ...
    @abstractmethod
    def _make_stack(self, depth: int, above: int) -> None: ...
    @abstractmethod
    def _set_argument(self, n: int, value: Bits) -> None: ...
    @abstractmethod
    def _require(self, condition: Prop) -> None: ...
    @abstractmethod
    def _region_base(self, r: Region) -> Bits: ...
    @abstractmethod
    def _image_address(self, offset: int) -> Bits: ...
    @abstractmethod
    def _prefer_cells(self, r: Region, cell: int, order: str) -> None: ...
    @abstractmethod
    def _read(self, r: Region, offset: Bits, size: int, order: str, at: State | None) -> Bits: ...
    @abstractmethod
    def _bytes_of(self, r: Region, at: State | None) -> bytes: ...
    @abstractmethod
    def _key(self, k: Bits) -> object: ...
    @abstractmethod
    def _plainly(self) -> AbstractContextManager[None]: ...
    @abstractmethod
    def _index(self, k: Bits) -> Bits: ...
    @abstractmethod
    def _give(self, r: Region, offset: int, value: Bits) -> None: ...
    @abstractmethod
    def _fold_at(self, f: Fold, k: Bits) -> Words: ...


def _size_text(size: Bits) -> str:
    return str(size.uint) if size.is_concrete else str(size.value)


def _summary(s: State) -> str:
    lines = [f"  x{k:<2} = {r.value if not r.is_concrete else hex(r.uint)}" for k, r in enumerate(s.x)]
    return "\n".join(lines)
