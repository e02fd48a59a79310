"""What a contract says, as a digest that is the same in every process.

Two processes that prove routines calling one other need its proof once, if both mean the same by it.  The functions
of proof files are taken to claim the same each time they are called; here that is looked at, too: the digest is of
all that a caller takes from the contract, as it reads where nothing is known of what the routine leaves.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from hashlib import shake_128
from itertools import product
from math import prod

from armsym.bits import Bits, Prop
from armsym.bits.opaque import definitions_of
from armsym.errors import ArmsymError
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
from armsym.terms.node import App, Term, ones

__all__ = ["statement"]

#: A contract of more cases is proved anew by each that uses it (`armsym.proof.contract` takes no more than these).
_CASES = 16
#: For so many arguments functions that stand for themselves are computed.
_SAMPLES = 6


class _Unsaid(Exception):
    """Something of which no digest is made here."""


def statement(contract: Contract, routine: Routine) -> str:
    """The digest, in hexadecimal, of what a contract says of its routine; empty where none is made.

    None is made where there are filters, theorems, folds of integers or an area of the stack of symbolic size, nor
    where a function of the contract raises, as one does that can only be called in a run.
    """
    try:
        first = SymbolicProof(routine)
        contract(first)
        choices = first._d.choices
        if prod(map(len, choices.values())) > _CASES:
            return ""
        chosen = [dict(zip(choices, values, strict=True)) for values in product(*choices.values())]
        return digest_of([contract.symbol, *(_case(contract, routine, c) for c in chosen)]).hex()
    except (ArmsymError, _Unsaid):
        return ""


class _Meanings:
    """What functions that stand for themselves give for a few arguments."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, tuple[int, ...]], tuple[object, ...]] = {}

    def __call__(self, t: App) -> tuple[object, ...]:
        key = t.name, t.widths
        if key not in self._known:
            samples = [[Bits(w, _sample(k) & ones(w)) for w in t.widths] for k in range(_SAMPLES)]
            # (Definitions of one name that agree are one, however many were met so far.)
            self._known[key] = tuple(sorted({tuple(d(*a).uint for a in samples) for d in definitions_of(t)}))
            f = Iterated.known.get(t.name.partition("()")[0])
            if f is not None:
                self._known[key] += tuple(w.uint for w in f(samples[-1]))
        return self._known[key]


def _sample(k: int) -> int:
    """All zeros, all ones, then numbers without a pattern."""
    return (0, -1)[k] if k < 2 else int.from_bytes(shake_128(b"%d" % k).digest(512))


def _case(contract: Contract, routine: Routine, chosen: dict[str, int]) -> bytes:
    p, terms = SymbolicProof(routine, chosen=chosen), TermDigests(_Meanings())
    contract(p)
    d = p._d
    if d.filters or d.revealed or d.tells or d.twins or d.theorems or d.dynamic:
        raise _Unsaid
    m = _afterwards(p)
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
        ("folds", *(_fold(f, p._arbitrary, terms) for f in d.folds)),
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
    """A machine of which each register and flag is a variable of its own; its memory is as on entry."""
    m = p.start()
    m.x = [variable(f"x{n}_out", 64, secret=True) for n in range(31)]
    m.v = [variable(f"v{n}_out", 128, secret=True) for n in range(32)]
    m.nzcv = NZCV.of_bits(variable("nzcv_out", 4, secret=True))
    return m


def _region(r: Region, terms: TermDigests) -> tuple[object, ...]:
    return r.name, terms.of(r.size.value), r.access


def _layout(r: SymbolicRegion, terms: TermDigests) -> tuple[object, ...]:
    return r.name, terms.of(r.address.value), terms.of(r.size.value), r.bias, r.cell, r.order, r.secret, r.access


def _given(given: Mapping[int, Bits], terms: TermDigests) -> Iterator[object]:
    return ((at, *_word(v, terms)) for at, v in sorted(given.items()))


def _word(w: Bits, terms: TermDigests) -> tuple[object, ...]:
    return w.width, terms.of(w.value)


def _fold(f: object, any_index: Bits, terms: TermDigests) -> tuple[object, ...]:
    """A fold by its start and what it makes of words that nothing is known of."""
    if not isinstance(f, Fold):
        raise _Unsaid
    before = Words(variable(f"{f.name}.{k}", w.width, secret=True) for k, w in enumerate(f.start))
    if f.of is None:
        steps = [f.stepped(before, f.over(any_index))]
    else:
        steps = [Words(f.of.step(before, k)) for k in sorted({0, f.of.times - 1})]
    told = (f.name, *(() if f.of is None else (f.of.name, f.of.times)))
    return told, *(tuple(_word(w, terms) for w in words) for words in (f.start, *steps))


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
