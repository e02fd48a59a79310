"""Claims about carry-less products that a reduction makes products of GCM's field.

What is made of carry-less products of parts of two words a and b by XOR and shifts is, where it is C(a * b) with the
field's product and a linear map C, known from a = 1: C(b).  So such products, met together in a poly, are replaced by
C(a * b); those whose factors are themselves such values first.  What is not of this kind stays as it is.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Mapping
from itertools import product as pairs_of

from armsym.audit.columns import follow
from armsym.audit.forms import Mono, reach
from armsym.audit.functions import gf128_mul
from armsym.audit.hints import Hint
from armsym.audit.raw import ones
from armsym.certify.applications import known_anew
from armsym.certify.columns import Matrix, inverse
from armsym.certify.cones import operands
from armsym.certify.factors import FIELD
from armsym.certify.tables import after, build, put_together
from armsym.certify.views import Views

__all__ = ["equal_by_products"]

Process = Callable[[int], None]
Atoms = frozenset[int]

_WIDTH = 128
_UNIT = 1 << _WIDTH - 1
#: What is no linear map of the product differs from one for most values.
_TRIES = 4


def equal_by_products(views: Views, process: Process, i: int, j: int) -> bool:
    """Whether i and j are equal once carry-less products are the field's; may raise RefusedError and KeyError."""
    if not views.multiplies:
        return False
    for n in (i, j):
        _flatten(views, process, n)
    return views.checker.same(i, j)


def _products(views: Views, i: int) -> list[int]:
    """The carry-less products in i's poly."""
    return sorted(a for a in _atoms(views, i) if views.program[a][:2] == ("App", "clmul"))


def _flatten(views: Views, process: Process, i: int) -> None:
    """Puts products of the field in i's poly where they are found, and before in what its products are made of."""
    if i in views.flat:
        return
    views.flat.add(i)
    spread = [s for a in sorted(_atoms(views, i)) if (s := _spread(views, process, i, a)) is not None]
    _replace(views, i, spread)
    found = _products(views, i)
    for c in found:
        for x in views.program[c][2]:
            _flatten(views, process, x)
        known_anew(views, c)
    pieces: list[Hint] = []
    for members, factors in _together(views, found):
        piece = _recognised(views, process, _terms(views, i, members), factors)
        if piece is not None:
            pieces.append(piece)
    _replace(views, i, pieces)


def _replace(views: Views, i: int, pieces: list[Hint]) -> None:
    if pieces:
        put_together(views, i, pieces, max(reach(views.poly(i)).bit_length(), 1))


def _terms(views: Views, i: int, members: set[int]) -> dict[Mono, int]:
    """The terms of i's poly that speak of these atoms."""
    return {m: k for m, k in views.poly(i)[1].items() if any(a in members for a, _ in m)}


def _fresh(views: Views, i: int, terms: Mapping[Mono, int]) -> int:
    """What i is, the XOR of the terms, as an instruction that is nothing else yet: its poly is going to change."""
    width = max(reach((0, dict(terms))).bit_length(), 1)
    while (made := views.program.mask(i, ones(width))) in views.checker.poly:
        width += 1
    return made


def _spread(views: Views, process: Process, i: int, a: int) -> Hint | None:
    """The hint that makes the terms of i that speak of a, a multiple of one bit, an XOR of shifts of that bit."""
    match views.program[a]:
        case ("Mulc", _, bit, _) if views.checker.bits(bit) == 1:
            pass
        case _:
            return None
    terms = _terms(views, i, {a})
    if any(len(mono) > 1 for mono in terms):
        return None
    _flatten(views, process, bit)
    program = views.program
    piece = _fresh(views, build(views, terms, {bit: bit}, {a: a}), terms)
    order = after(views, (bit,), (piece,))
    value = follow(program.instructions, {bit: [1]}, 1, order)[piece][0]
    result = program.const(0)
    for k in range(value.bit_length()):
        if value >> k & 1:
            result = program.xor(result, program.shl(bit, k) if k else bit)
    order = after(views, (bit,), (piece, result))
    for n in order:
        if n != a:
            process(n)
    return "bilinear", piece, result, (bit,), (), (), tuple(order)


def _atoms(views: Views, i: int) -> Atoms:
    """What i's poly is made of."""
    return frozenset(a for mono in views.poly(i)[1] for a, _ in mono)


def _together(views: Views, found: Iterable[int]) -> list[tuple[set[int], tuple[Atoms, Atoms]]]:
    """Products that share what both their factors are made of, and what that is: of either kind of factors."""
    groups: list[tuple[set[int], tuple[Atoms, Atoms]]] = []
    for c in found:
        a, b = (_atoms(views, x) for x in views.program[c][2])
        members = {c}
        apart = []
        for others, (u, v) in groups:
            if a & u and b & v:
                a, b = a | u, b | v
            elif a & v and b & u:
                a, b = a | v, b | u
            else:
                apart.append((others, (u, v)))
                continue
            members |= others
        groups = [*apart, (members, (a, b))]
    return groups


def _recognised(views: Views, process: Process, terms: Mapping[Mono, int], factors: tuple[Atoms, Atoms]) -> Hint | None:
    """The hint that shows the terms to be a linear map of a product of the field, whose forms are known then."""
    if any(len(mono) > 1 for mono in terms):
        return None
    for a, b in pairs_of(*(_words(views, atoms) for atoms in factors)):
        hint = _map_of(views, process, terms, (a, b), factors)
        if hint is not None:
            return hint
    return None


def _words(views: Views, atoms: Atoms) -> list[int]:
    """Words, products of the field and their sums that are made of just these."""
    known = [n for n in (*views.factors.values(), *views.standing) if _atoms(views, n) == atoms]
    products = sorted(atoms & views.standing)
    if known or not products:
        return known
    rest = atoms - views.standing
    out = []
    for last in [n for n in views.factors.values() if _atoms(views, n) == rest] if rest else [products.pop()]:
        whole = last
        for n in products:
            whole = views.program.xor(whole, n)
            views.hint("poly", whole)
        whole = views.program.mask(whole, ones(_WIDTH))
        views.hint("poly", whole)
        out.append(whole)
    return out


class _Trial:
    """Terms, and two words, as made of the same: of what the words are made of, or of a sum of products as one word."""

    def __init__(self, views: Views, terms: Mapping[Mono, int], words: tuple[int, int], factors: tuple[Atoms, Atoms]):
        self.views, self.square = views, words[0] == words[1]
        #: What a sum is made of: one of its products, and the sum.
        self.sums: dict[Atoms, tuple[int, int]] = {}
        self.groups: list[list[int]] = []
        for word, atoms in list(zip(words, factors, strict=True))[: 1 if self.square else 2]:
            one = min(atoms & views.standing, default=None)
            if one is not None and len(atoms) > 1:
                self.sums[atoms] = one, word
            self.groups.append([word] if atoms in self.sums else sorted(atoms))
        self.cut = {a: a for group in self.groups for a in group}
        built: dict[int, int] = {}
        for c in sorted({a for ((a, _),) in terms}):
            _, name, operands_, bits = views.program[c]
            built[c] = views.program.app(name, [self._part(x) for x in operands_], bits)
        self.piece = _fresh(views, build(views, terms, self.cut, built), terms)
        self.words = [w if w in self.cut else build(views, views.poly(w)[1], self.cut, built) for w in words]
        self.order = after(views, self.cut, (self.piece, *self.words))

    def _part(self, x: int) -> int:
        """What equals x, of the cut; of a sum, if x has the same of each of its summands: that is seen afterwards."""
        constant, terms = self.views.poly(x)
        atoms = _atoms(self.views, x)
        if atoms in self.sums:
            one, word = self.sums[atoms]
            made = build(self.views, {m: k for m, k in terms.items() if m[0][0] == one}, {one: word}, {})
        else:
            made = build(self.views, terms, self.cut, {})
        return self.views.program.xor(made, self.views.program.const(constant)) if constant else made

    def values(self, points: list[dict[int, int]], node: int) -> list[int]:
        """What a node is, where the atoms have these values, and 0 where none is told."""
        known = {a: [p.get(a, 0) for p in points] for a in self.cut}
        return follow(self.views.program.instructions, known, len(points), self.order)[node]

    def single(self, number: int) -> dict[int, dict[int, int]]:
        """One bit of one atom that makes the word a power of two: by that power."""
        bits = [(a, k) for a in self.groups[0 if self.square else number] for k in range(_WIDTH)]
        points = [{a: 1 << k} for a, k in bits if (self.views.checker.bits(a) or 0) >> k & 1]
        return dict(zip(self.values(points, self.words[number]), points, strict=True))

    def columns(self) -> Matrix | None:
        """C: what the terms are where the product is 2^k, for each k."""
        one, other = self.single(0), self.single(1)
        if any(1 << k not in other for k in range(_WIDTH)):
            return None
        points = [other[1 << k] for k in range(_WIDTH)]
        if not self.square:
            if _UNIT not in one:
                return None
            return self.values([p | one[_UNIT] for p in points], self.piece)
        roots = inverse([gf128_mul(1 << k, 1 << k) for k in range(_WIDTH)])
        images = self.values(points, self.piece)
        return [_sum_of(images, root) for root in roots]


def _sum_of(columns: Matrix, bits: int) -> int:
    out = 0
    for k, column in enumerate(columns):
        if bits >> k & 1:
            out ^= column
    return out


def _map_of(
    views: Views,
    process: Process,
    terms: Mapping[Mono, int],
    words: tuple[int, int],
    factors: tuple[Atoms, Atoms],
) -> Hint | None:
    trial = _Trial(views, terms, words, factors)
    columns = trial.columns()
    if columns is None:
        return None
    program = views.program
    product = program.app(FIELD, trial.words, ones(_WIDTH))
    diagonals: dict[int, int] = {}
    for k, column in enumerate(columns):
        for p in range(column.bit_length()):
            if column >> p & 1:
                diagonals[p - k] = diagonals.get(p - k, 0) | 1 << k
    result = program.const(0)
    for by, mask in sorted(diagonals.items()):
        part = program.mask(product, mask)
        result = program.xor(result, program.shl(part, by) if by > 0 else program.shr(part, -by) if by else part)
    if len(diagonals) == 1:
        result = program.mask(result, reach((0, dict(terms))))
    trial.order = after(views, trial.cut, (trial.piece, result))
    points = [_some(views, trial.cut, rnd) for rnd in map(random.Random, range(_TRIES))]
    if trial.values(points, trial.piece) != trial.values(points, result):
        return None
    for n in trial.order:
        process(n)
    if views.poly(trial.piece) != (0, dict(terms)):
        return None
    first, *second = trial.groups
    known = set(first)
    for n in trial.order:
        if known.issuperset(operands(program[n])):
            known.add(n)
    before, rest = (tuple(n for n in trial.order if (n in known) == early) for early in (True, False))
    return "bilinear", trial.piece, result, tuple(first), before, tuple(*second), rest


def _some(views: Views, atoms: Iterable[int], rnd: random.Random) -> dict[int, int]:
    return {a: rnd.getrandbits(_WIDTH) & (views.checker.bits(a) or 0) for a in atoms}
