"""`Proof`: what a proof function declares.

The same proof function is run once symbolically and several times concretely; `Proof` is what
both have in common, and the two subclasses (`armsym.proof.symbolic`, `armsym.proof.concrete`)
give the declarations their meaning.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any

from armsym.bits import Bits, Prop
from armsym.elf import Image
from armsym.errors import InputError
from armsym.integers.expression import IntegerLike, Relation, Residue, integer
from armsym.machine import Machine
from armsym.proof.abi import Interface
from armsym.proof.arguments import (
    RESERVED,
    a_contract,
    a_frame,
    a_name,
    a_place,
    a_range,
    a_region_size,
    a_table,
    alternatives,
    argument_registers,
    given_bytes,
    invariant_maker,
)
from armsym.proof.checks import (
    Assumed,
    a_condition,
    a_function,
    a_number,
    a_pair_list,
    a_text,
    a_vector,
    an_assumption,
    numbers,
    shown,
    told_by,
    vectors,
    whole_bytes,
)
from armsym.proof.claims import claims_of
from armsym.proof.examples import Example
from armsym.proof.families import IntegerFamily
from armsym.proof.filters import Candidates, Filter
from armsym.proof.handles import Claims, Fold, IntegerFold, Iterated, Local, Number, Region, ResidueFold, Rodata, Unit
from armsym.proof.induction import Theorem
from armsym.proof.locations import FLAGS, Place, V, X
from armsym.proof.loops import Loop, Routine
from armsym.proof.part import Part
from armsym.proof.state import State, Words
from armsym.proof.statement import (
    Contract,
    Cut,
    CutFn,
    Declared,
    EachInLoopFn,
    EnsuresFn,
    ForgetFn,
    InLoopFn,
    Invariant,
    InvariantFn,
    Join,
    Phase,
    Revealed,
    StackArea,
    Twin,
)
from armsym.terms.node import intern
from armsym.terms.ops import is_secret

__all__ = ["RESERVED", "Contract", "Cut", "Invariant", "InvariantFn", "Phase", "Proof", "StackArea"]


class Proof(ABC):
    """A proof being declared.  Addresses of code are offsets into the image."""

    def __init__(self, routine: Routine, chosen: Mapping[str, int] | None = None, phase: Phase | None = None) -> None:
        """`chosen` says which alternative of each `choice` this run is about; else the first.

        `phase` is where SP lies on entry; by default at any multiple of 16.
        """
        self._phase = phase or Phase()
        self.routine = routine
        self._d = Declared()
        self._names: set[str] = set()
        #: By the width of words: 2^(width k).
        self._units: dict[int, Unit] = {}
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
        a_range(name, low, high, unit)
        self._assume(f"{low} <= {name} <= {high:#x}" if high > 9999 else f"{low} <= {name} <= {high}")
        self._d.ranges[name] = (low, high)
        return self._make_nat(name, low, high, unit)

    def choice(self, name: str, values: Sequence[int]) -> int:
        """One of a few numbers, such as the bits of a key: the routine is proved for each by itself.

        It is a Python number, so a proof may compute with it and branch on it; but which choices
        there are must not depend on another choice.
        """
        self._new_name(name)
        values = self._d.choices[name] = alternatives(name, values)
        self._assume(f"{name} is {' or '.join(str(v) for v in values)}")
        got = self._chosen.get(name, values[0])
        if got not in values:
            raise InputError(f"choice {name}: its values depend on another choice")
        return got

    def word(self, name: str, width: int = 64, *, public: bool = False, possible: int | None = None) -> Bits:
        """Any value of `width` bits; secret unless public.  `possible` has a 0 at each bit that is known to be 0."""
        self._new_name(name)
        a_number(f"word {name}: the width", width, 1)
        if public:
            self._assume(f"{name} is public")
        if possible is not None:
            a_number(f"word {name}: its possible bits", possible, 1, (1 << width) - 1)
            self._assume(f"{name} has no bit outside {possible:#x}", particular=True)
        return self._make_word(name, width, public, possible)

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
        size_bits = a_region_size(name, size, access=access, align=align, cell=cell, order=order)
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
        return Rodata(self, a_table(self.routine.image, self.routine.computed_addresses, values, symbol))

    def global_(self, symbol: str, width: int, *, public: bool = True) -> Bits:
        """The value on entry of a global variable of the file; any value, and read-only."""
        image = self.routine.image
        a_text("global_: the symbol", symbol)
        whole_bytes(f"global_ {symbol}: the width", width)
        # Another file may define it: then it has a place here nevertheless, or a slot that holds its address.
        there = image.in_file(symbol)
        offset = image.globals.get(there)
        if offset is None and there not in image.imported:
            offset = image.symbol(symbol).offset
        self._new_name(symbol)
        if public:
            self._assume(f"{symbol} is public")
        if offset is None:
            self._assume(f"{symbol}, which another file defines, has memory of its own")
        return self._make_global(symbol, offset, width, public)

    def call(self, **registers: Bits | Region | Part | int) -> None:
        """The arguments, as registers: `p.call(x0=ctx, x1=msg, x2=n)`.

        Assumes AAPCS64: SP is 16-byte aligned, LR holds the caller's return address; obliges
        return, SP and callee-saved registers.  A w register leaves the upper half unknown.  A v register has
        128 bits: what an inner routine finds there; the report lists which ones are given.  `sp_el0` is SP_EL0, which
        a kernel's routine may find the address of its task in; not given, it holds any public value.
        """
        if self._entry is not None:
            raise InputError("call: the registers on entry were read already")
        found = argument_registers(registers)
        for kind, n, value in found:
            if kind == "sp_el0":
                if is_secret(value.value):
                    raise InputError("call: sp_el0 is public, the argument is secret")
                self._set_sp_el0(value)
                self._assume("SP_EL0 holds what the proof says", particular=True)
            elif kind == "v":
                self._set_vector(n, value)
            else:
                self._set_argument(n, value)
        vectors_given = [f"v{n}" for kind, n, _ in found if kind == "v"]
        if vectors_given:
            self._assume(f"{', '.join(vectors_given)} hold what the proof says", particular=True)

    @property
    def entry(self) -> State:
        """The registers on entry; arguments are declared before."""
        if self._entry is None:
            self._entry = State(self._entry_registers())
        return self._entry

    def assume(self, text: str, condition: Assumed) -> None:
        """A precondition on the inputs, listed in the report as `text`: a condition, a claim about integers, or a list.

        Where random inputs hardly ever meet it, give the region an `example`.
        """
        parts = an_assumption(f"assume {text!r}: what is assumed", condition)
        self._assume(a_text("assume: the text", text), particular=True)
        for part in parts:
            if isinstance(part, Relation):
                self._d.relations.append((text, part))
                self._require_relation(part)
            else:
                self._d.requires.append((text, part))
                self._require(part)

    def integer(self, words: Bits | Sequence[Bits], *, signed: bool = False) -> IntegerLike:
        """The number that words make, the first the least significant; with `signed` in two's complement."""
        return integer(words, signed=signed)

    def integers(self, words: Sequence[Bits], *, signed: bool = False) -> list[IntegerLike]:
        """Each word as a number of its own: lanes."""
        return [integer(w, signed=signed) for w in vectors("integers: the words", words)]

    def example(self, region: Region, make: Example) -> None:
        """How inputs look that the preconditions are met by: the content of a region in runs on numbers.

        `make(rng, size)` gives its `size` bytes, drawn from a `random.Random`; `below` and `lanes_within` make such
        functions.  Nothing is assumed by it: it is for the runs that try the claims, and show that the preconditions
        can be met.  It comes before the content is read.
        """
        self._make_example(
            self._a_region("example: the region", region), a_function("example: make", make, "rng", "size")
        )

    def given(self, region: Region, offset: int, value: Bits, text: str = "") -> None:
        """Assume that on entry `region` holds `value` (little-endian) at a byte offset.

        For fields with a known meaning, such as the number of rounds in a key structure.  `text` says what
        the value is, in the report; by default that is the value itself.
        """
        self._a_region("given: the region", region)
        a_text(f"given {region.name}: the text", text)
        size = given_bytes(region, offset, value, self._d.given)
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

    def fold_mod(
        self,
        step: Callable[[Residue, IntegerLike], Residue],
        *,
        modulus: int,
        start: IntegerLike,
        over: Callable[[Bits], IntegerLike],
        name: str = "H",
    ) -> ResidueFold:
        """H with H(0) = start and H(i + 1) = step(H(i), over(i)), all modulo a number."""
        self._new_name(name)
        a_function(f"fold_mod {name}: step", step, "residue", "number")
        a_function(f"fold_mod {name}: over", over, "i")
        return ResidueFold(self, name, a_number(f"fold_mod {name}: the modulus", modulus, 2), step, start, over)

    def fold_int(
        self,
        step: Callable[[IntegerLike, IntegerLike], IntegerLike],
        *,
        start: IntegerLike,
        over: Callable[[Bits], IntegerLike],
        name: str = "H",
    ) -> IntegerFold:
        """H with H(0) = start and H(i + 1) = step(H(i), over(i)), whole numbers of any size."""
        self._new_name(name)
        a_function(f"fold_int {name}: step", step, "integer", "number")
        a_function(f"fold_int {name}: over", over, "i")
        return IntegerFold(self, name, step, start, over)

    def fold_ints(
        self,
        step: Callable[[IntegerLike, IntegerLike], IntegerLike],
        *,
        start: IntegerLike,
        over: Callable[[Bits, Bits], IntegerLike],
        name: str = "H",
    ) -> IntegerFamily:
        """H with H(0, k) = start and H(i + 1, k) = step(H(i, k), over(i, k)), whole numbers, for each word k."""
        self._new_name(name)
        a_function(f"fold_ints {name}: step", step, "integer", "number")
        a_function(f"fold_ints {name}: over", over, "i", "k")
        return IntegerFamily(self, name, step, start, over)

    def induction(
        self,
        name: str,
        claims: Callable[..., Claims],
        *,
        upto: Callable[..., Bits],
        where: Callable[..., Sequence[Prop]] | None = None,
        by: Callable[..., object] | None = None,
        cases: Callable[..., Sequence[Prop]] | None = None,
        high: int = 2**61 - 1,
    ) -> Theorem:
        """What holds for every index i <= upto(...) and all parameters, numbers of 64 bits, shown by induction on i.

        `claims(i, k, ...)` are claims about integers that speak of no state, `upto(k, ...)` and the conditions
        `where(k, ...)` of the parameters alone; all numbers are at most `high`.  `by(i, k, ...)` calls theorems that
        were declared before, for what they say of words; `cases(i, k, ...)` gives conditions that are told apart.
        Where claims about a state are made, calling the theorem lets the path know what it says of the words given,
        if they are shown to meet the conditions.
        """
        self._new_name(name)
        found = Theorem(self, name, len(self._d.theorems), claims, upto, where, by, cases, high)
        a_number(f"induction {name}: high", high, 1, 2**61 - 1)
        self._d.theorems.append(found)
        return found

    def number(self, word: Callable[[Bits], Bits | Sequence[Bits]], *, width: int = 64, name: str = "A") -> Number:
        """A with A(k) = word(0) + 2^width word(1) + ... , k words: the number that an array of any length holds.

        `word(j)` is `width` bits, as one word or several, a function of j and of what was declared only.  That
        0 <= A(k) < A.unit(k) = 2^(width k) is known.
        """
        self._new_name(name)
        a_function(f"number {name}: its words", word, "j")
        a_number(f"number {name}: the width of a word", width, 1)
        if width not in self._units:
            self._units[width] = Unit(self, width)
        return Number(self, name, word, self._units[width])

    def filter(self, candidates: Candidates, *, width: int, over: Callable[[Bits], Words], name: str = "A") -> Filter:
        """The accepted candidates of blocks, in order: rejection sampling.

        `candidates(block)` gives pairs (whether it is accepted, its value): as many for every block, at most 64, of
        `width` bits.  `A(i)` is what is accepted of the first i blocks: `A(i).count` candidates, of which `A(i)[k]` is
        the k-th; `A.block(i)` what is accepted of block i.
        """
        self._new_name(name)
        a_function(f"filter {name}: candidates", candidates, "block"), a_function(f"filter {name}: over", over, "i")
        found = Filter(self, name, candidates, over, a_number(f"filter {name}: the width", width, 1))
        self._make_filter(found)
        self._d.filters.append(found)
        return found

    def reveals(
        self, text: str, what: Filter | Bits | Sequence[Bits] | Assumed, *, upto: Bits | int | None = None
    ) -> None:
        """What an attacker may learn of the secrets: branches and addresses may depend on it, and on no other of them.

        It is bits of the inputs on entry; or a filter: which candidates of its first `upto` blocks are accepted, and so
        how many; or a condition on the inputs, or a list: whether all hold, which a branch may tell that is shown
        to go one way if they do and the other way if not.  `text` is listed in the report as an assumption: the caller
        allows it to be known.  Nothing is assumed of the inputs.
        """
        values = what if isinstance(what, (list, tuple)) else [what]
        conditional = any(isinstance(v, (Prop, Relation, bool)) for v in values)
        known = f"{'whether ' if conditional else ''}{a_text('reveals: the text', text)}"
        self._assume(f"an attacker may know {known}", particular=True)
        if isinstance(what, Filter):
            if upto is None:
                raise InputError(f"reveals {text!r}: say of how many blocks, with upto=")
            blocks = (
                Bits(64, a_number("reveals: upto", upto))
                if isinstance(upto, int)
                else a_vector("reveals: upto", upto, 64)
            )
            what.reveal(text, blocks)
            self._d.revealed.append(Revealed(text, (), what, blocks))
            return
        if upto is not None:
            raise InputError(f"reveals {text!r}: upto= counts the blocks of a filter")
        if conditional:
            conditions = tuple(an_assumption(f"reveals {text!r}: what may be told", what))
            self._d.tells.append((text, conditions))
            return
        self._d.revealed.append(Revealed(text, tuple(vectors(f"reveals {text!r}: the values", values))))

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

    def assume_timing(self, *mnemonics: str) -> None:
        """That the duration of these instructions does not depend on their operands, though Arm does not list them.

        Only forms that Arm lists (data-independent timing, PSTATE.DIT) may have secret operands; of others, such as
        `"fmov"` and `"srshr"`, the core's maker may promise it.  Those that are executed stand among the assumptions.
        """
        for name in mnemonics:
            if name in self.routine.isa.data_independent:
                raise InputError(f"assume_timing: {name} is on Arm's list: nothing is to be assumed of it")
            if not a_text("assume_timing: the mnemonic", name).islower():
                raise InputError(
                    f"assume_timing: a mnemonic is in lower case, as `armsym disasm` prints it, not {name!r}"
                )
            self._d.alike.add(name)

    def memo(self, fn: Callable[[Bits], Sequence[Bits]]) -> Callable[[Bits], Words]:
        """`fn`, a function of one value and of what was declared only, computed once for each value."""
        known: dict[object, Words] = {}
        a_function("memo: what is computed once", fn, "value")

        def once(k: Bits) -> Words:
            k = a_vector("memo: the value", k)
            k = self._index(k) if k.width == 64 else k
            # (A constant's key is its number, which has no width.)
            key = k.width, self._key(k)
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
                if self._d.dynamic is not None:
                    raise InputError("modifies: the stack is declared before dynamic_stack, which lies below it")
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
        area = a_frame(depth, above, align)
        if above:
            self._assume(f"the {above} bytes from SP up are the routine's to change", particular=True)
        return area

    def dynamic_stack(self, name: str, size: Bits) -> Region:
        """`size` bytes of stack, a multiple of 16, right below those of `modifies(p.stack(depth))`, declared before.

        For a routine that makes room for a buffer on the stack, of a size that depends on its arguments: SP goes down
        by `size` at once from `depth` bytes below its value on entry, and back.  What the buffer holds on entry is
        anything, and what it held is lost when SP goes back.
        """
        self._new_name(name)
        if self._d.dynamic is not None:
            raise InputError(f"dynamic_stack {name}: there is one such area already, {self._d.dynamic.name}")
        if self._d.contracts or self._d.twins:
            raise InputError(f"dynamic_stack {name}: a routine with such an area uses no contracts, and no same_as")
        if not self._d.stack or self._d.align != 16:
            raise InputError(
                f"dynamic_stack {name}: the stack above it is declared first, with modifies(p.stack(depth)), unaligned"
            )
        size_bits = a_region_size(name, size, access="rw", align=16, cell=None, order="little")
        v = size_bits.value
        if (v if isinstance(v, int) else intern(v).pb) & 15:
            raise InputError(f"dynamic_stack {name}: its size is a multiple of 16: (n + 15 >> 4) << 4, say, not {v}")
        r = self._d.dynamic = Region(self, name, size_bits, "rw")
        self._make_dynamic_stack(r)
        self._d.regions.append(r)
        self._d.modifies.append(r)
        self._assume(
            f"{name}: {_size_text(size_bits)} bytes of stack below the {self._d.stack} declared, not wrapping",
            particular=True,
        )
        return r

    def _no_dynamic_stack(self, what: str) -> None:
        if self._d.dynamic is not None:
            raise InputError(
                f"{what}: a routine with dynamic_stack ({self._d.dynamic.name}) uses no contracts, no same_as"
            )

    def local(self, size: int, *, below: int) -> Local:
        """A buffer of `size` bytes on the stack, from `below` bytes below SP on entry up, for claims about its content.

        It lies within the stack area, which is declared before by `modifies(p.stack(...))`.
        """
        a_number("local: its size", size, 1), a_number("local: how far below SP on entry it begins", below, 1)
        depth, above = self._d.stack, self._d.above
        if below > depth or size > below + above:
            raise InputError(
                f"local: {size} bytes from {below} below SP up do not lie in the stack area"
                f" ({depth} bytes below SP and {above} above): declare it first, with p.modifies(p.stack(...))"
            )
        return Local(self, Region(self, "stack", Bits(64, depth + above), "rw"), depth - below, size)

    def ensures(self, claims: EnsuresFn) -> EnsuresFn:
        """Claims on the state on return; usable as a decorator."""
        self._d.ensures.append(claims_of("ensures", a_function("ensures: what is claimed", claims, "state")))
        return claims

    def same_as(self, symbol: str, *, of: object | None = None, results: str | None = None) -> None:
        """That the routine does what another does, for all that is declared: results and memory are the same.

        `of` is the other's file, as in `@proof`; by default this one's.  `results` are registers, as in
        `armsym equiv --results`; by default those in which AAPCS64 returns values.  What is taken for granted, and that
        neither is shown to end by it, docs/equiv.md says; that this one ends, the proof shows.
        """
        self._no_dynamic_stack("same_as")
        a_text("same_as: the symbol", symbol)
        if results is not None:
            a_text("same_as: results", results)
        if of is not None and not isinstance(of, str) and not hasattr(of, "path"):
            raise InputError(f"same_as: of= is a path or a source such as a wheel, not {shown(of)}")
        self._d.twins.append(Twin(symbol, of, results))

    def uses(self, *contracts: Contract) -> None:
        """Take calls of these routines by their proofs' statements, which are proved in the same run.

        At a call, or a branch to the routine's first instruction, its preconditions must hold; then
        what it may change is unknown, but for what its `ensures` claims.
        """
        self._no_dynamic_stack("uses")
        for c in contracts:
            a_contract(c)
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

        head = a_place("invariant", at)
        place = self.routine.image.symbolize(head)
        make = invariant_maker(f"invariant at {place}", head, upto, inclusive, when, step)

        def apply(fn: InvariantFn) -> InvariantFn:
            made = make(fn)
            if any(inv.head == head for inv in self._d.invariants):
                raise InputError(f"two invariants at {place}: put their claims into one")
            self._d.invariants.append(made)
            return fn

        return apply

    def cut_within(
        self,
        loop: Loop,
        at: int,
        *,
        drop_x: Iterable[int] = (),
        drop_v: Iterable[int] = (),
        drop_flags: bool = False,
        alone: bool = False,
    ) -> Callable[[InLoopFn], InLoopFn]:
        """A cut within a loop that has an invariant: claims(s, i) at the point `at` in the iteration i of the loop.

        What they equate registers with is what these hold from there on; a pointwise claim is what the buffer holds.
        `drop_x`, `drop_v`, `drop_flags` and `alone` are as in `cut`.
        """
        dropped: frozenset[Place] = frozenset(
            [
                *(X(n) for n in numbers("cut_within: registers in drop_x", drop_x, 0, 30)),
                *(V(n) for n in numbers("cut_within: registers in drop_v", drop_v, 0, 31)),
                *(FLAGS if drop_flags else ()),
            ]
        )
        _alone_drops("cut_within", alone, dropped)
        place, head = a_place("cut_within", at), a_place("cut_within: the loop", loop)

        def apply(fn: InLoopFn) -> InLoopFn:
            claims = claims_of("cut_within", a_function("cut_within: what is claimed", fn, "state", "i"))
            self._add_cut(place, claims, lambda _: (), dropped, within=head, alone=alone)
            return fn

        return apply

    def cut(
        self,
        at: Loop | int,
        *,
        forget: Sequence[tuple[Fold, int]] = (),
        drop_x: Iterable[int] = (),
        drop_v: Iterable[int] = (),
        drop_flags: bool = False,
        drop_memory: Iterable[Region | Part | Local] = (),
        alone: bool = False,
    ) -> Callable[[EnsuresFn], EnsuresFn]:
        """Claims at the point `at` of straight-line code, to keep terms small.

        The claims are proved there.  Then each fold value named in `forget`, such as (A, 3) for
        A(3), stands for arbitrary words, and what the claims equate with it holds just that: the
        rest of the proof is about any A(3), and no longer about how it came to be.  Where nothing is
        forgotten, a register that a claim equates with something is written that way from here on.

        Of the registers `drop_x` only what the claims say is known from there on: each holds some number, of which
        claims about integers are facts.  It does not go with `forget`.  So it is with the vector registers `drop_v`,
        with `drop_flags` with the condition flags, and with the bytes of memory `drop_memory`: regions, parts of them
        and buffers on the stack, at fixed places and of fixed sizes.  With `alone` nothing else stays known as
        integers: neither what was claimed before nor what is assumed.
        """

        place = a_place("cut", at)
        a_pair_list("cut: forget", forget, Fold)
        dropped: frozenset[Place] = frozenset(
            [
                *(X(n) for n in numbers("cut: registers in drop_x", drop_x, 0, 30)),
                *(V(n) for n in numbers("cut: registers in drop_v", drop_v, 0, 31)),
                *(FLAGS if drop_flags else ()),
            ]
        )
        memory = self._bytes_dropped("cut: drop_memory", drop_memory)
        if (dropped or memory) and forget:
            raise InputError("cut: forget goes with no drop_x, drop_v, drop_flags or drop_memory")
        _alone_drops("cut", alone, dropped or memory)

        def apply(fn: EnsuresFn) -> EnsuresFn:
            claims = claims_of("cut", a_function("cut: what is claimed", fn, "state"))
            self._add_cut(place, lambda s, _: claims(s), lambda _: forget, dropped, memory=memory, alone=alone)
            return fn

        return apply

    def cut_each_within(
        self, loop: Loop | int, at: Loop | int, *, drop_v: Iterable[int] = ()
    ) -> Callable[[EachInLoopFn], EachInLoopFn]:
        """`cut_each` in a loop that has an invariant: claims(s, k, i) at the arrival k at `at` in its iteration i.

        Nothing is forgotten, as in `cut_within`: a register is from there on what a claim calls it.
        """
        dropped = frozenset(V(n) for n in numbers("cut_each_within: registers in drop_v", drop_v, 0, 31))
        place, head = a_place("cut_each_within", at), a_place("cut_each_within: the loop", loop)

        def apply(fn: EachInLoopFn) -> EachInLoopFn:
            claims = claims_of("cut_each_within", a_function("cut_each_within: what is claimed", fn, "state", "k", "i"))
            self._add_cut(place, lambda s, at: claims(s, *at), lambda _: (), dropped, within=head, each=True)
            return fn

        return apply

    def cut_each(
        self,
        at: Loop | int,
        *,
        forget: ForgetFn = lambda _: (),
        drop_v: Iterable[int] = (),
        drop_x: Iterable[int] = (),
        drop_flags: bool = False,
    ) -> Callable[[CutFn], CutFn]:
        """Claims each time a loop that needs no invariant is at its head: one cut for each round.

        A loop of a known number of rounds is followed round by round.  `claims(s, k)` and
        `forget(k)` are as in `cut`, for the arrivals k = 0, 1, ... at the head (of each iteration
        of the loop around it, if that one has an invariant); the point may be any other that each round comes to
        once.  Of the vector registers `drop_v` only what the claims name is known from there on; `drop_x` and
        `drop_flags` are as in `cut`, and go with no `forget`.
        """

        place = a_place("cut_each", at)
        told = told_by(a_function("cut_each: forget", forget, "k"), "cut_each: forget")
        named = frozenset(X(n) for n in numbers("cut_each: registers in drop_x", drop_x, 0, 30)) | (
            frozenset(FLAGS) if drop_flags else frozenset()
        )
        dropped = named | frozenset(V(n) for n in numbers("cut_each: registers in drop_v", drop_v, 0, 31))

        def forgotten(k: int) -> Sequence[tuple[Fold, int]]:
            found: Sequence[tuple[Fold, int]] = a_pair_list(told, forget(k), Fold)
            if found and named:
                raise InputError("cut_each: forget goes with no drop_x and no drop_flags")
            return found

        def apply(fn: CutFn) -> CutFn:
            claims = claims_of("cut_each", a_function("cut_each: what is claimed", fn, "state", "k"))
            self._add_cut(place, claims, forgotten, dropped)
            return fn

        return apply

    def _add_cut(
        self,
        at: int,
        claims: Callable[[State, Any], Claims],
        forget: ForgetFn,
        drop: frozenset[Place],
        *,
        within: int | None = None,
        each: bool = False,
        memory: tuple[tuple[str, int, int], ...] = (),
        alone: bool = False,
    ) -> None:
        where = self.routine.image.symbolize(at)
        if any(c.at == at for c in self._d.cuts):
            raise InputError(f"two cuts at {where}: put their claims into one")
        self._d.cuts.append(Cut(at, claims, forget, f"cut at {where}", drop, within, each, memory, alone))

    def _bytes_dropped(self, what: str, areas: Iterable[Region | Part | Local]) -> tuple[tuple[str, int, int], ...]:
        """Bytes of memory as region, first one, how many; the region of a buffer on the stack is `stack`."""
        found: list[tuple[str, int, int]] = []
        for a in areas:
            if isinstance(a, Local):
                if a._p is not self:
                    raise InputError(f"{what}: a buffer on the stack of another proof")
                found.append(("stack", a.start, a.size))
                continue
            part = a if isinstance(a, Part) else Part(self._a_region(what, a), at=0, size=a.size)
            r = self._a_region(what, part.region)
            if not (r.size.is_concrete and part.at.is_concrete and part.size.is_concrete):
                raise InputError(
                    f"{what}: bytes at a fixed place of a region of fixed size are meant, not all of {r.name}"
                )
            found.append((r.name, part.at.uint, part.size.uint))
        return tuple(found)

    def lemma(self, name: str, condition: Prop) -> None:
        """A consequence of the preconditions: proved first, by itself, and then known everywhere."""
        self._d.lemmas.append(
            (a_text("lemma: the name", name), a_condition(f"lemma {name!r}: what is said", condition))
        )

    def split(self, at: Loop | int, on: Callable[[State, Bits], Prop]) -> None:
        """Prove each loop iteration separately for `on(s, i)` true and false."""
        asked = a_function("split: on", on, "state", "i")
        place = a_place("split", at)
        self._d.splits.append((place, lambda s, i: a_condition(told_by(asked, "split: what on= returns"), asked(s, i))))

    def join(self, at: Loop | int, *, index: Bits) -> Callable[[InvariantFn], InvariantFn]:
        """Claims at a point where paths meet, to go on as one: a buffer's tail, to which many exits of a loop lead.

        `claims(s, i)` says all that is known there of what any of the paths changed; but for SP, which is the same on
        all, and registers saved on the stack, which need no claim.  `index` is a public number made of what was
        declared, and i stands for it: with `index=n - 1` the last block is block i, as if a loop had come there.
        Paths only meet there: none may come back.
        """
        place = a_place("join", at)
        where = f"join at {self.routine.image.symbolize(place)}"
        a_vector(f"{where}: the index", index, 64)

        def apply(fn: InvariantFn) -> InvariantFn:
            made = claims_of(where, a_function(f"{where}: what is claimed", fn, "state", "i"))
            taken = [j.at for j in self._d.joins] + [c.at for c in self._d.cuts] + [v.head for v in self._d.invariants]
            if place in taken:
                raise InputError(f"{where}: something is claimed at that point already")
            if not isinstance(index.value, int) and is_secret(index.value):
                raise InputError(f"{where}: the index {index.value} is secret")
            self._d.joins.append(Join(place, index, made, where))
            return fn

        return apply

    def each(self, at: Loop | int, value: Callable[[State], Bits], among: Iterable[int]) -> None:
        """Follow the path from `at` for each of the numbers that a public value may be, by itself.

        `value(s)` is a register, say, and `among` all the numbers that it may be there, which is proved.  It is for the
        last, incomplete block of a buffer: what came before, a loop over whole blocks, is done once for all of them.
        """
        asked = a_function("each: value", value, "state")
        place = a_place("each", at)
        where = self.routine.image.symbolize(place)
        found = tuple(dict.fromkeys(numbers("each: the numbers among which it is", among, 0)))
        if not found or place in self._d.each:
            raise InputError(f"each at {where}: one value, and at least one number that it may be")
        self._d.each[place] = (lambda s: a_vector(told_by(asked, "each: what value= returns"), asked(s)), found)

    @abstractmethod
    def known(self, value: Bits) -> int:
        """The one number that a public value is on the path whose state is claimed about.

        Claims may then compute with it as Python does, or make a list of so many words.  Raises `InputError` where the
        facts leave it more than one value, and within what is computed for all paths at once: folds, blocks, `memo`.
        """

    def show(self, at: int, what: Callable[[State], object] | None = None) -> None:
        """Print the proof state at a point of the code whenever the symbolic run reaches it."""
        place = a_place("show", at)
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

    def _assume(self, text: str, *, particular: bool = False) -> None:
        self._d.assumptions.append(text)
        if particular:
            self._d.particular.append(text)

    def _new_name(self, name: str) -> None:
        self._names.add(a_name(name, self._names))

    @property
    def image(self) -> Image:
        """The file under proof."""
        return self.routine.image

    @abstractmethod
    def _make_nat(self, name: str, low: int, high: int, unit: int) -> Bits: ...
    @abstractmethod
    def _entry_registers(self) -> Machine: ...
    @abstractmethod
    def _make_word(self, name: str, width: int, public: bool, possible: int | None) -> Bits: ...
    @abstractmethod
    def _make_region(self, r: Region, public: bool, align: int, cell: int | None, order: str) -> None: ...
    @abstractmethod
    def _make_global(self, symbol: str, offset: int | None, width: int, public: bool) -> Bits: ...
    @abstractmethod
    def _make_stack(self, depth: int, above: int) -> None: ...
    @abstractmethod
    def _make_dynamic_stack(self, r: Region) -> None: ...
    @abstractmethod
    def _integer_after(self, f: IntegerFold, i: Bits) -> IntegerLike: ...
    @abstractmethod
    def _tell_of(self, t: Theorem, words: Sequence[Bits]) -> None: ...
    @abstractmethod
    def _number_held(self, r: Region, k: Bits, at: State | None) -> IntegerLike: ...
    @abstractmethod
    def _set_argument(self, n: int, value: Bits) -> None: ...

    @abstractmethod
    def _set_vector(self, n: int, value: Bits) -> None: ...

    @abstractmethod
    def _set_sp_el0(self, value: Bits) -> None: ...
    @abstractmethod
    def _require(self, condition: Prop) -> None: ...
    @abstractmethod
    def _require_relation(self, relation: Relation) -> None: ...
    @abstractmethod
    def _make_example(self, r: Region, make: Example) -> None: ...
    @abstractmethod
    def _make_filter(self, f: Filter) -> None: ...
    @abstractmethod
    def _may_say(self, f: Filter, i: Bits, *, past: bool) -> None: ...
    @abstractmethod
    def _accepted(self, f: Filter, i: Bits, k: Bits) -> Bits: ...
    @abstractmethod
    def _counted(self, f: Filter, i: Bits) -> Bits: ...
    @abstractmethod
    def _kept(self, f: Filter, i: Bits) -> tuple[Bits, Words, Bits]: ...
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
    def _residue_at(self, f: ResidueFold, k: Bits) -> Residue: ...
    @abstractmethod
    def _integer_at(self, f: IntegerFold, k: Bits) -> IntegerLike: ...
    @abstractmethod
    def _fold_at(self, f: Fold, k: Bits) -> Words: ...


def _alone_drops(what: str, alone: bool, dropped: object) -> None:
    """Refuse `alone` where no claim about integers stays known."""
    if alone and not dropped:
        raise InputError(f"{what}: alone goes with something that is dropped: else no claim about integers stays known")


def _size_text(size: Bits) -> str:
    return str(size.uint) if size.is_concrete else str(size.value)


def _summary(s: State) -> str:
    lines = [f"  x{k:<2} = {r.value if not r.is_concrete else hex(r.uint)}" for k, r in enumerate(s.x)]
    return "\n".join(lines)
