"""What a contract says, as a digest that is the same in every process.

Two processes that prove routines calling one other need its proof once, if both mean the same by it.  The functions
of proof files are taken to claim the same each time they are called; here that is looked at, too: the digest is of
all that a caller takes from the contract, as it reads where nothing is known of what the routine leaves.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from itertools import product
from math import prod

from armsym.bits import Bits, Prop
from armsym.bits.opaque import OpaqueFunction, definitions_of
from armsym.integers.expression import Integer, Quotient, Relation
from armsym.machine import NZCV, Machine
from armsym.proof.claims import parts
from armsym.proof.declare import Contract
from armsym.proof.handles import Fold, Iterated, Pointwise, Region
from armsym.proof.loops import Routine
from armsym.proof.path import memory_of
from armsym.proof.state import Words, handed
from armsym.proof.symbolic import SymbolicProof
from armsym.symbolic_memory import SymbolicRegion, variable
from armsym.terms.digest import TermDigests, digest_of
from armsym.terms.node import App, Term, Value

__all__ = ["statement"]

#: A contract of more cases is proved anew by each that uses it (`armsym.proof.contract` takes no more than these).
_CASES = 16
#: A function of so many bits is told by all its values; one of more only if it says the same of terms.
_BITS = 10
#: An iterated function of more steps is not told.
_STEPS = 64


class _Unsaid(Exception):
    """Something of which no digest is made here."""


def statement(contract: Contract, routine: Routine) -> str:
    """The digest, in hexadecimal, of what a contract says of its routine; empty where none is made.

    None is made where there are filters, theorems, folds of integers or an area of the stack of symbolic size, nor
    where a function that stands for itself cannot be told exactly, nor where a function of
    the contract raises, as one does that can only be called in a run.
    """
    try:
        first = SymbolicProof(routine)
        contract(first)
        choices = first._d.choices
        if prod(map(len, choices.values())) > _CASES:
            return ""
        chosen = [dict(zip(choices, values, strict=True)) for values in product(*choices.values())]
        return digest_of([contract.symbol, *(_case(contract, routine, c) for c in chosen)]).hex()
    except Exception:  # noqa: BLE001 (whatever it is, the contract is proved anew, where it is told)
        return ""


class _Meanings:
    """What functions that stand for themselves are defined to be: all of it, for two may differ in one value."""

    def __init__(self) -> None:
        #: By the function; None while it is being told.
        self._known: dict[object, object] = {}
        self.terms = TermDigests(self)

    def __call__(self, t: App) -> tuple[object, ...]:
        name, iterated, _ = t.name.partition("().")
        if iterated:
            f = Iterated.known.get(name)
            if f is None:
                raise _Unsaid
            return (self.of_iterated(f, t.widths),)
        # (Definitions of one name that agree are one, however many were met so far.)
        found = {self._told((d, t.widths), partial(self._defined, d, t.widths)) for d in definitions_of(t)}
        if t.name.isidentifier() and not found:
            raise _Unsaid
        return tuple(sorted(found))

    def of_iterated(self, f: Iterated, widths: tuple[int, ...]) -> bytes:
        """An iterated function of words of these widths, by each of its steps."""
        return self._told((f, widths), partial(self._steps, f, widths))

    def _told(self, key: object, tell: Callable[[], bytes]) -> bytes:
        if key not in self._known:
            self._known[key] = None
            self._known[key] = tell()
        found = self._known[key]
        if not isinstance(found, bytes):
            raise _Unsaid  # it is made of itself
        return found

    def _defined(self, d: OpaqueFunction, widths: tuple[int, ...]) -> bytes:
        said: list[object] = []
        if sum(widths) <= _BITS:
            values = product(*(range(1 << w) for w in widths))
            said.append(tuple(d.unfold(*map(Bits, widths, v)).uint for v in values))
        if d.unfolds:
            args = [variable(f"argument {k} of {d.name}", w, secret=True) for k, w in enumerate(widths)]
            # (Each definition has variables of its own, all of these names.)
            said.append(_word(d.unfold(*args), TermDigests(self)))
        if not said:
            raise _Unsaid
        return digest_of(said)

    def _steps(self, f: Iterated, widths: tuple[int, ...]) -> bytes:
        if f.times > _STEPS:
            raise _Unsaid
        terms = TermDigests(self)
        before = Words(variable(f"{f.name}.{k} before", w, secret=True) for k, w in enumerate(widths))
        steps = (tuple(_word(w, terms) for w in f.step(before, k)) for k in range(f.times))
        return digest_of(("steps", f.name, widths, *steps))


def _case(contract: Contract, routine: Routine, chosen: dict[str, int]) -> bytes:
    p, meanings = SymbolicProof(routine, chosen=chosen), _Meanings()
    terms = meanings.terms
    contract(p)
    d = p._d
    if d.filters or d.revealed or d.tells or d.twins or d.theorems or d.dynamic:
        raise _Unsaid
    m = _afterwards(p)
    # Terms tell variables by their names: those of the machine first, so that no declared one is taken for one of them.
    for value in _inputs(p, m):
        terms.of(value)
    said = [
        ("chosen", *sorted(chosen.items())),
        ("regions", *(_region(r, terms) for r in d.regions)),
        ("layout", *sorted(_layout(r, terms) for r in (*p.declared_regions, *p._global_regions))),
        ("modifies", *sorted(r.name for r in d.modifies)),
        ("stack", d.stack, d.above, d.align),
        ("interface", *map(tuple, map(sorted, (d.interface.x, d.interface.d, d.interface.v)))),
        ("assumed", *d.assumptions, *sorted((n, *span) for n, span in d.ranges.items())),
        ("particular", *d.particular, *sorted(d.alike), *sorted(d.public_x)),
        *(("given", name, *_given(r.given, terms)) for name, r in p._regions.items()),
        ("folds", *(_fold(f, p._arbitrary, meanings) for f in d.folds)),
        ("registers", *((k, *_word(v, terms)) for k, v in sorted(p._arguments.items()))),
        ("vectors", *((k, *_word(v, terms)) for k, v in sorted(p._vectors.items()))),
        ("SP_EL0", *(() if p._sp_el0 is None else _word(p._sp_el0, terms))),
        ("facts", *map(terms.of, p.facts)),
        ("required", *((text, terms.of(c.bit.value)) for text, c in d.requires)),
        ("integers", *((text, _relation(r, terms)) for text, r in d.relations)),
        ("more integers", *(_relation(r, terms) for r in p.relations)),
        ("lemmas", *((text, terms.of(c.bit.value)) for text, c in d.lemmas)),
    ]  # fmt: skip
    with memory_of(m).observed(), handed(m) as s:
        for function in d.ensures:
            for name, claim in function(s).items():
                said.append((name, *_claim(parts(claim), terms)))
    return digest_of(said)


def _afterwards(p: SymbolicProof) -> Machine:
    """A machine of which each register and flag is a variable of its own, and all that may be written is unknown."""
    m = p.start()
    m.x = [variable(f"x{n} after", 64, secret=True) for n in range(31)]
    m.v = [variable(f"v{n} after", 128, secret=True) for n in range(32)]
    m.nzcv = NZCV.of_bits(variable("NZCV after", 4, secret=True))
    memory = memory_of(m)
    for r in memory.regions:
        if "w" in r.access:
            memory.forget(r, f"{r.name} after")
    return m


def _inputs(p: SymbolicProof, after: Machine) -> Iterator[Value]:
    """All variables that claims may be made of."""
    for m in (p.entry.machine, after):
        flags = (m.nzcv.N, m.nzcv.Z, m.nzcv.C, m.nzcv.V)
        yield from (w.value for w in (*m.x, *m.v, m.sp, m.dit, m.read_sp_el0(), m.pc, *(f.bit for f in flags)))
    yield from (w.value for w in (p._arbitrary, *p._numbers.values()))
    yield from (r.address.value for r in memory_of(after).regions)


def _region(r: Region, terms: TermDigests) -> tuple[object, ...]:
    return r.name, terms.of(r.size.value), r.access


def _layout(r: SymbolicRegion, terms: TermDigests) -> tuple[object, ...]:
    return r.name, terms.of(r.address.value), terms.of(r.size.value), r.bias, r.cell, r.order, r.secret, r.access


def _given(given: Mapping[int, Bits], terms: TermDigests) -> Iterator[object]:
    return ((at, *_word(v, terms)) for at, v in sorted(given.items()))


def _word(w: Bits, terms: TermDigests) -> tuple[object, ...]:
    return w.width, terms.of(w.value)


def _fold(f: object, any_index: Bits, meanings: _Meanings) -> tuple[object, ...]:
    """A fold by its start and what it makes of words that nothing is known of."""
    if not isinstance(f, Fold):
        raise _Unsaid
    start = tuple(_word(w, meanings.terms) for w in f.start)
    if f.of is not None:
        return f.name, start, meanings.of_iterated(f.of, tuple(w.width for w in f.start))
    before = Words(variable(f"{f.name}.{k} before", w.width, secret=True) for k, w in enumerate(f.start))
    return f.name, start, tuple(_word(w, meanings.terms) for w in f.stepped(before, f.over(any_index)))


def _claim(claims: Iterator[object], terms: TermDigests) -> Iterator[object]:
    for c in claims:
        match c:
            case Prop():
                yield "condition", terms.of(c.bit.value)
            case Relation():
                yield "relation", _relation(c, terms)
            case Pointwise():
                block = tuple(_word(w, terms) for w in c.expected(c.arbitrary))
                tail = (*(_word(w, terms) for w in c.tail.content), _word(c.tail.size, terms))
                place = (c.start, _word(c.room, terms), c.partial)
                yield "blocks", c.region.name, _word(c.upto, terms), c.words, c.width, c.order, block, tail, place
            case _:
                raise _Unsaid


def _relation(r: Relation, terms: TermDigests) -> tuple[object, ...]:
    return tuple((_integer(x, terms), modulus, low, high) for x, modulus, low, high in r.parts)


def _integer(x: Integer, terms: TermDigests) -> tuple[object, ...]:
    return tuple(sorted((digest_of(sorted(_leaf(leaf, terms) for leaf in mono)), k) for mono, k in x.terms.items()))


def _leaf(leaf: object, terms: TermDigests) -> bytes:
    match leaf:
        case (bool() as signed, int() as width, Term() as term):
            return digest_of(("word", signed, width, terms.of(term)))
        case Quotient():
            return digest_of(("quotient", leaf.m, _integer(leaf.of, terms)))
    raise _Unsaid
