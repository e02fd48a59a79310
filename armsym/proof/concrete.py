"""The concrete meaning of a proof's declarations: random states that meet the precondition; run by `trials`."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from functools import partial
from typing import NamedTuple

from armsym.bits import Bits, Prop, concat
from armsym.errors import InputError
from armsym.integers.expression import IntegerLike, Relation, Residue
from armsym.integers.numbers import numbered
from armsym.machine import NZCV, Machine
from armsym.memory import ConcreteMemory, ConcreteRegion
from armsym.outside import OUTSIDE, beyond, hole, slot_doubt
from armsym.proof.checks import a_vector, shown, told_by
from armsym.proof.claims import note_known
from armsym.proof.declare import Phase, Proof
from armsym.proof.examples import Example, at_an_edge, words_at_edges
from armsym.proof.filters import Filter
from armsym.proof.handles import Fold, IntegerFold, Region, ResidueFold
from armsym.proof.induction import Theorem
from armsym.proof.inputs import NOTHING_GIVEN, InputValues, Recipe
from armsym.proof.loops import Routine
from armsym.proof.plain import IMAGE_BASE, RETURN, STACK_TOP, region_base
from armsym.proof.result import Kind, Status
from armsym.proof.state import State, Words

__all__ = ["AT_EDGES", "ConcreteProof", "Event", "Trial", "Violation"]

#: Where the first length is no more than this above its least value, the others are as much above theirs.
FEW = 3

#: So many bytes of a region are written out as an input; all stand in `Counterexample.entry`.
SHOWN = 512
#: So many bytes of secrets are tried with another value where something of them is revealed.
TRIES = 512
#: From this seed on the words of inputs are at an edge, or are those of another input: carries and comparisons depend
#: on it, and numbers by chance hardly ever meet it.
AT_EDGES = 1 << 20


@dataclass
class Violation:
    """A claim or rule that a concrete run broke."""

    kind: Kind
    claim: str
    expected: str = ""
    got: str = ""
    detail: str = ""
    #: ERROR where the run could not go on for want of a model, UNDECIDED where it rests on what the file does
    #: not say: either refutes nothing.
    status: Status = Status.REFUTED
    #: Where the two sides differ, in words: block and word of a buffer, bytes.
    differs: str = ""
    #: What often helps.
    hints: tuple[str, ...] = ()
    #: Where it takes two runs to see it: the second.
    other: Trial | None = None


class Event(NamedTuple):
    """What an attacker could time: the kind of value, the value, and the code offset where it is seen."""

    kind: str
    value: int
    at: int


@dataclass
class Trial:
    """One concrete run: inputs, the states it passed through, and what it broke."""

    inputs: dict[str, str]
    entry: Machine
    regions: list[ConcreteRegion]
    final: Machine | None = None
    steps: int = 0
    violation: Violation | None = None
    #: At each loop head: the machines at its arrivals, in order; a list for each time the loop was entered.
    heads: dict[int, list[list[Machine]]] = field(default_factory=dict)
    #: What an attacker could time, in order.
    trace: list[Event] = field(default_factory=list)
    #: Preconditions that this state does not meet, or that the run took too long: the trial says nothing.
    rejected: str = ""
    #: Whether that is so since it took too long.
    too_long: bool = False
    #: What the proof says that an attacker may learn of the secrets.
    revealed: tuple[int, ...] = ()
    #: Loads of what might hold something else, in words: another run would be as possible.
    doubts: list[str] = field(default_factory=list)
    #: Of each condition that the proof says may be told: whether it holds.
    told: tuple[bool, ...] = ()
    base: int = 0
    return_address: int = 0
    stack_top: int = 0
    #: What makes this state again, with the values of all declared inputs; and the declared regions by name.
    recipe: Recipe = NOTHING_GIVEN
    declared: dict[str, ConcreteRegion] = field(default_factory=dict)
    #: Where it ended: the offsets of the instruction that comes next and of the last one executed, after so many.
    at: int = 0
    last: int = 0
    number: int = 0


class ConcreteProof(Proof):
    """Declarations as random numbers.  `public` and `secret` seed what an attacker may, and may not, know."""

    def __init__(
        self,
        routine: Routine,
        public: int,
        secret: int,
        size_hint: int,
        values: InputValues | None = None,
        chosen: Mapping[str, int] | None = None,
        phase: Phase | None = None,
        plain: Mapping[str, int] | None = None,
        near: Sequence[int] = (),
    ) -> None:
        """See `Recipe`: a length is as `size_hint` says, where `values` say nothing of it."""
        super().__init__(routine, chosen, phase)
        self.recipe = Recipe(public, secret, size_hint, values or InputValues(), plain, tuple(near))
        self._pub = random.Random(public)
        self._sec = random.Random(secret)
        self._hint = size_hint
        self._lengths = 0
        self._values = values or InputValues()
        self._slot = 0
        self._fill = secret % 8
        self._edges = public >= AT_EDGES
        self.machine_base = self._pub.randrange(1 << 20, 1 << 24) << 12 if not routine.image.fixed_base else 0
        if plain is not None and self.machine_base:
            self.machine_base = IMAGE_BASE
        self._arguments: dict[int, Bits] = {}
        self._vectors: dict[int, Bits] = {}
        self._sp_el0: Bits | None = None
        self._concrete: dict[str, ConcreteRegion] = {}
        self._initial: dict[str, bytes] = {}
        self._globals: list[ConcreteRegion] = []
        #: Those of them that another file defines.
        self._imported: set[str] = set()
        self._depth = self._above = 0
        self._registers: Machine | None = None
        self._sp: int | None = None
        #: The declared numbers and words, and what declared globals hold.
        self._numbers: dict[str, int] = {}
        self._symbols: dict[str, bytes] = {}
        #: The value of each declared input, in order; of a region it is read when the run starts.
        self._inputs: dict[str, str | Region] = {}
        #: The regions whose content an attacker knows, and those that were read while the proof was declared.
        self._public: set[str] = set()
        self._read_already: set[str] = set()
        self.unmet = ""

    def _address(self, size: int, align: int) -> int:
        # Regions stand far apart; the last bytes are followed by nothing, so an overrun is seen.
        if self.recipe.plain is not None:
            # (A region of no bytes is none for `armsym run`, and lies after all others.)
            self._slot += size > 0
            return region_base(self._slot - 1) if size else region_base((1 << 12) + len(self._concrete))
        self._slot += 1
        base = 0x5000_0000_0000 + self._slot * 0x1_0000_0000 + (self._pub.randrange(0, 1 << 20) & -align)
        return base

    def _filled(self, name: str, data: bytes) -> bytes:
        """The bytes of a region or global, with what was proposed of them; what lies beyond is left out."""
        filled = bytearray(data)
        for at, piece in self._values.cells.get(name, ()):
            filled[at : at + len(piece)] = piece[: max(0, len(filled) - at)]
        return bytes(filled)

    def _bytes(self, rng: random.Random, size: int) -> bytes:
        if rng is self._sec and self._fill == 6:
            return bytes(size)
        if rng is self._sec and self._fill == 7:
            return b"\xff" * size
        if self._edges:
            return self._at_edges(rng, size)
        return rng.randbytes(size)

    def _at_edges(self, rng: random.Random, size: int) -> bytes:
        """Words of 8 bytes at an edge, all alike but one, or as another region has them there; or a number near some.

        What is public depends on nothing that is secret.
        """
        bits = 8 * size
        if self.recipe.near and rng.random() < 0.3:
            return ((rng.choice(self.recipe.near) + rng.choice((-1, 0, 0, 1))) % (1 << bits)).to_bytes(size, "little")
        words = words_at_edges(rng, -(-size // 8))
        out = bytearray(b"".join(w.to_bytes(8, "little") for w in words)[:size])
        known = self._public if rng is self._pub else self._initial
        others = [self._initial[name] for name in self._initial if self._initial[name] and name in known]
        if others and rng.random() < 0.6:
            alike = rng.choice(others)
            for k in range(0, min(size, len(alike)), 8):
                if rng.random() < 0.7:
                    piece = alike[k : min(k + 8, size)]
                    out[k : k + len(piece)] = piece
        return bytes(out)

    def _make_nat(self, name: str, low: int, high: int, unit: int) -> Bits:
        given = self._values.numbers.get(name)
        # A longer one would only take longer.
        if given is not None and low <= given <= min(high, low + 64 * unit):
            v = given
        else:
            # (Every other run has whole units: some routines take nothing else.)
            rest = self._pub.randrange(unit) if self._hint and unit > 1 and self.recipe.public % 2 == 0 else 0
            times = self._hint
            if self._edges:
                times = self._pub.randrange(times + 1)
            elif times > FEW and self._lengths:
                # In a search for counterexamples lengths are not all the same; the least is often one that matters.
                times = self._pub.choice((0, times))
            v = min(high, low + times * unit + rest)
            self._lengths += 1
        if not low <= v <= high:
            raise AssertionError(f"a run takes {v} for {name}, which is declared within {low} and {high}")
        self._inputs[name], self._numbers[name] = str(v), v
        return Bits(64, v)

    def choice(self, name: str, values: Sequence[int]) -> int:
        """See `Proof.choice`."""
        got = super().choice(name, values)
        self._inputs[name] = str(got)
        return got

    def _make_word(self, name: str, width: int, public: bool, possible: int | None) -> Bits:
        rng = self._pub if public else self._sec
        v, given = rng.getrandbits(width), self._values.numbers.get(name)
        if self._edges:
            v = at_an_edge(rng, width)
        if given is not None and given >> width == 0:
            v = given
        v &= (1 << width) - 1 if possible is None else possible
        self._inputs[name], self._numbers[name] = hex(v), v
        return Bits(width, v)

    def _make_region(self, r: Region, public: bool, align: int, cell: int | None, order: str) -> None:
        size = r.size.uint
        data = self._filled(r.name, self._bytes(self._pub if public else self._sec, size))
        base = self._address(size, align)
        region = ConcreteRegion(r.name, base, bytearray(data), r.access)
        self._concrete[r.name] = region
        self._initial[r.name] = data
        self._inputs[r.name] = r
        if public:
            self._public.add(r.name)

    def _require_relation(self, relation: Relation) -> None:
        raise AssertionError("integers of numbers are numbers")

    def _make_example(self, r: Region, make: Example) -> None:
        if r.name in self._read_already:
            raise InputError(f"example: the content of {r.name} was read before: say what it looks like first")
        size = r.size.uint
        data = make(self._pub if r.name in self._public else self._sec, size)
        if not isinstance(data, bytes) or len(data) != size:
            raise InputError(told_by(make, f"example: the content of {r.name} is {size} bytes, not {shown(data)}"))
        self._initial[r.name] = data = self._filled(r.name, data)
        self._concrete[r.name].data[:] = data

    def _make_global(self, symbol: str, offset: int | None, width: int, public: bool) -> Bits:
        rng = self._pub if public else self._sec
        # All combinations of few bits matter more than large random numbers: feature words.
        any_ = rng.choice([0, 1 << rng.randrange(min(width, 8)), rng.getrandbits(width), (1 << width) - 1])
        piece = bytearray(self._filled(symbol, any_.to_bytes(width // 8, "little")))
        v, self._symbols[symbol] = int.from_bytes(piece, "little"), bytes(piece)
        if offset is None:
            there = self.routine.image.in_file(symbol)
            self._imported.add(there)
            base, where = OUTSIDE + 16 * self.routine.image.imported[there][0], symbol
        else:
            base, where = self.machine_base + offset, f"{offset:#x}"
        self._globals.append(ConcreteRegion(f"global {where}", base, piece, "r"))
        self._inputs[symbol] = hex(v)
        return Bits(width, v)

    def _make_stack(self, depth: int, above: int) -> None:
        self._depth, self._above = depth, above

    def _make_dynamic_stack(self, r: Region) -> None:
        size = r.size.uint
        data = bytes(size) if self.recipe.plain is not None else self._filled(r.name, self._bytes(self._sec, size))
        base = self._stack_pointer() - self._depth - size
        self._concrete[r.name] = ConcreteRegion(r.name, base, bytearray(data), "rw")
        self._initial[r.name] = data
        self._inputs[r.name] = r

    def _set_argument(self, n: int, value: Bits) -> None:
        self._arguments[n] = value

    def _set_vector(self, n: int, value: Bits) -> None:
        self._vectors[n] = value

    def _set_sp_el0(self, value: Bits) -> None:
        self._sp_el0 = value

    def _require(self, condition: Prop) -> None:
        if condition.value is not True:
            self.unmet = self._d.assumptions[-1]

    def _region_base(self, r: Region) -> Bits:
        return Bits(64, self._concrete[r.name].base)

    def _image_address(self, offset: int) -> Bits:
        return Bits(64, self.machine_base + offset)

    def _prefer_cells(self, r: Region, cell: int, order: str) -> None:
        pass

    def _read(self, r: Region, offset: Bits, size: int, order: str, at: State | None) -> Bits:
        k = offset.uint
        self._read_already.add(r.name)
        data = self._bytes_of(r, at)
        if k + size > len(data):
            raise InputError(f"claim reads {size} bytes at {r.name}+{k}, past its {len(data)} bytes")
        return Bits.from_bytes(data[k : k + size], order)

    def _bytes_of(self, r: Region, at: State | None) -> bytes:
        if at is None or (r.name in self._initial and not self._initial[r.name]):
            return self._initial[r.name]  # a region of no bytes is in no memory
        memory = at.machine.memory
        assert isinstance(memory, ConcreteMemory)
        return bytes(next(x for x in memory.regions if x.name == r.name).data)

    def known(self, value: Bits) -> int:
        """See `Proof.known`."""
        number = a_vector("known: the value", value).uint
        note_known(number)
        return number

    def _key(self, k: Bits) -> object:
        return k.uint

    def _plainly(self) -> AbstractContextManager[None]:
        return nullcontext()

    def _index(self, k: Bits) -> Bits:
        return k

    def _give(self, r: Region, offset: int, value: Bits) -> None:
        data = bytearray(self._initial[r.name])
        data[offset : offset + value.width // 8] = value.to_bytes("little")
        self._initial[r.name] = bytes(data)
        self._concrete[r.name].data[:] = data

    def _residue_at(self, f: ResidueFold, k: Bits) -> Residue:
        return f.concrete(k.uint)

    def _integer_at(self, f: IntegerFold, k: Bits) -> IntegerLike:
        return f.concrete(k.uint)

    def _tell_of(self, t: Theorem, words: Sequence[Bits]) -> None:
        if all(c.value is True for c in t.conditions(*words)[1]):
            for name, holds in t.said(*words):
                if holds is not True:
                    numbers = ", ".join(str(w.uint) for w in words)
                    raise InputError(f"induction {t.name}: {name} does not hold of {numbers}")

    def _integer_after(self, f: IntegerFold, i: Bits) -> IntegerLike:
        return f.concrete(i.uint + 1)

    def _number_held(self, r: Region, k: Bits, at: State | None) -> IntegerLike:
        self._read_already.add(r.name)
        data, end = self._bytes_of(r, at), 8 * k.uint
        if end > len(data):
            raise InputError(f"claim reads the number in the first {end} bytes of {r.name}, which has {len(data)}")
        return numbered(int.from_bytes(data[:end], "little"))

    def _fold_at(self, f: Fold, k: Bits) -> Words:
        return f.concrete(k.uint)

    def _make_filter(self, f: Filter) -> None:
        pass  # computed when asked for

    def _may_say(self, f: Filter, i: Bits, *, past: bool) -> None:
        pass  # numbers are no secrets

    def _accepted(self, f: Filter, i: Bits, k: Bits) -> Bits:
        found = f.concrete(i.uint)
        return found[k.uint] if k.uint < len(found) else Bits(f.width, 0)

    def _counted(self, f: Filter, i: Bits) -> Bits:
        return Bits(64, len(f.concrete(i.uint)))

    def _kept(self, f: Filter, i: Bits) -> tuple[Bits, Words, Bits]:
        candidates = f.candidates(f.over(i))
        found = [value for keep, value in candidates if keep.uint]
        which = concat(*(keep for keep, _ in reversed(candidates)))
        return Bits(64, len(found)), Words([*found, *[Bits(f.width, 0)] * (f.group - len(found))]), which

    def revealed(self) -> tuple[int, ...]:
        """What the proof says that an attacker may learn of the secrets, in order."""
        found: list[int] = []
        for r in self._d.revealed:
            if r.of is not None and r.upto is not None:
                found += [self._kept(r.of, Bits(64, i))[2].uint for i in range(r.upto.uint)]
            found += [b.uint for b in r.values]
        return tuple(found)

    def other_secrets(self, seed: int, revealed: Callable[[InputValues], tuple[int, ...]]) -> InputValues:
        """Other contents of the secret regions, by chance, of which the same is revealed.

        `revealed` says what other contents reveal.
        """
        rng, wanted = random.Random(seed), self.revealed()
        secret = {n: bytearray(d) for n, d in self._initial.items() if n not in self._public}
        places = [(n, k) for n, d in secret.items() for k in range(len(d))]
        for n, k in rng.sample(places, min(len(places), TRIES)):
            before, secret[n][k] = secret[n][k], rng.randrange(256)
            if revealed(InputValues(cells={m: [(0, bytes(d))] for m, d in secret.items()})) != wanted:
                secret[n][k] = before
        return InputValues(cells={m: [(0, bytes(d))] for m, d in secret.items()})

    def values(self) -> InputValues:
        """All declared inputs as the run has them, what the proof gives included."""
        cells = {name: [(0, data)] for name, data in {**self._initial, **self._symbols}.items()}
        return InputValues(dict(self._numbers), cells)

    # -- the machine --------------------------------------------------------------------------

    def _stack_pointer(self) -> int:
        if self._sp is None:
            self._sp = self._new_stack_pointer()
        return self._sp

    def _new_stack_pointer(self) -> int:
        if self.recipe.plain is not None:
            return (STACK_TOP & -self._phase.align) + self._phase.rest
        anywhere = 0x7FFF_0000_0000 + (self._pub.randrange(0, 1 << 20) << 4)
        return (anywhere & -self._phase.align) + self._phase.rest

    def _entry_registers(self) -> Machine:
        if self._registers is None and self.recipe.plain is not None:
            self._registers = self._plain_registers(self.recipe.plain)
        if self._registers is None:
            x = [Bits(64, self._sec.getrandbits(64)) for _ in range(31)]
            x[30] = Bits(64, 0x6FFF_0000_0000 + (self._pub.randrange(0, 1 << 20) << 2))
            for n, v in self._arguments.items():
                x[n] = v if v.width == 64 else Bits(64, (self._sec.getrandbits(32) << 32) | v.uint)
            m = self._registers = Machine(
                x=x,
                sp=Bits(64, self._stack_pointer()),
                v=[Bits(128, self._sec.getrandbits(128)) for _ in range(32)],
                nzcv=NZCV.of_bits(Bits(4, self._sec.getrandbits(4))),
                pc=Bits(64, self.machine_base + self.routine.entry),
                memory=ConcreteMemory([]),
            )
            for n, v in self._vectors.items():
                m.v[n] = v
            m.dit = Bits(1, self._pub.getrandbits(1))
            m.sp_el0 = Bits(64, self._pub.getrandbits(64)) if self._sp_el0 is None else self._sp_el0
        return self._registers

    def _plain_registers(self, given: Mapping[str, int]) -> Machine:
        x = [Bits(64, given.get(f"x{n}", 0)) for n in range(31)]
        x[30] = Bits(64, RETURN)
        for n, v in self._arguments.items():
            x[n] = v.zero_extend(64) if v.width < 64 else v
        return Machine(
            x=x,
            sp=Bits(64, self._stack_pointer()),
            v=[self._vectors.get(n, Bits(128, given.get(f"v{n}", 0))) for n in range(32)],
            nzcv=NZCV.of_bits(Bits(4, 0)),
            pc=Bits(64, self.machine_base + self.routine.entry),
            memory=ConcreteMemory([]),
        )

    def inputs(self) -> dict[str, str]:
        """The value of each declared input as the run has it: of a region with what the proof says it is given."""
        return {name: v if isinstance(v, str) else self._content(v) for name, v in self._inputs.items()}

    def _content(self, r: Region) -> str:
        data, base = self._initial[r.name], self._concrete[r.name].base
        if len(data) <= SHOWN:
            return f"{data.hex()} at {base:#x}"
        return f"{data[:SHOWN].hex()}... ({len(data)} bytes) at {base:#x}"

    def start(self) -> Trial:
        """A machine at the routine's entry, with everything undeclared random."""
        image = self.routine.image
        regions = [*self._concrete.values(), *self._globals]
        holes = [beyond()]
        for s in image.segments:
            if not s.access:
                continue
            base = self.machine_base
            # What is writable holds what it holds when the routine is called: only declared globals are known.
            if "w" in s.access:
                holes.append(hole(image, s, base))
                continue
            fetch = partial(self.routine.loaded, s, base)
            region = ConcreteRegion.when_used(f"image {s.name}", base + s.offset, len(s.data), fetch, s.access)
            region.doubt = slot_doubt(image, s, self._imported)
            regions.append(region)
        m = self._entry_registers().fork()
        top, back = m.sp.uint, m.x[30].uint
        if self._depth or self._above:
            stack = bytearray(self._sec.randbytes(self._depth + self._above))
            if self.recipe.plain is not None:
                stack = bytearray(len(stack))
            regions.append(ConcreteRegion("stack", top - self._depth, stack, "rw"))
        m.memory = ConcreteMemory(regions, holes)
        t = Trial(self.inputs(), m, regions, base=self.machine_base, return_address=back, stack_top=top)
        on_stack = self._d.dynamic.name if self._d.dynamic is not None else None
        t.recipe = replace(self.recipe, values=self.values())
        t.declared = {name: r for name, r in self._concrete.items() if name != on_stack}
        t.rejected = self.unmet
        t.revealed = () if self.unmet else self.revealed()
        t.told = tuple(all(isinstance(c, Prop) and c.value is True for c in said) for _, said in self._d.tells)
        return t
