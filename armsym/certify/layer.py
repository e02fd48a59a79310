"""Finds hints for one program under one set of facts: what `elaborate` builds its parts of.

What it goes by is in views.py, which is untrusted as all here is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple, TypeAlias

from armsym.audit.check import RefusedError
from armsym.audit.forms import Poly, poly_and, poly_mask, poly_shl, poly_shr, poly_xor, reach
from armsym.audit.raw import Program, ones
from armsym.certify.applications import and_atom, application
from armsym.certify.pages import equal_by_pages
from armsym.certify.products import equal_by_products
from armsym.certify.tables import equal_by_tables
from armsym.certify.views import Views, poly_key
from armsym.certify.zeros import zero_by_parts

__all__ = ["WORD", "Layer", "Made", "Named"]

#: Products of more terms than this are not multiplied out.
_MOST_TERMS = 256
_MOST_COUNTED = 1 << 16
#: Conjunctions of more terms are not looked at for having no bit in common.
_MOST_SUMMED = 8
#: Bits of a word that may stand otherwise made: rotated, say.
WORD = 64

#: Makes instructions of a word's, one by one; the last is what it is about.
Made: TypeAlias = Callable[[int], tuple[int, ...]]


def _products(p: Poly, q: Poly) -> int:
    """How many products of terms of p and q have a bit; where there are too many to count: all of them."""
    count = len(p[1]) * len(q[1])
    if _MOST_TERMS < count <= _MOST_COUNTED:
        count = sum(1 for k in p[1].values() for j in q[1].values() if j & k)
    return count


class Named(NamedTuple):
    """An instruction that is to be an atom, what is made of it, and which instructions are equal to which of these."""

    name: int
    made: list[tuple[int, ...]]
    shown: list[tuple[int, int]]


class Layer(Views):
    """Goes through instructions, operands first.

    `narrow` is the fewest bits of a Mask that is looked at as a narrower sum: 32 suits most code, 8 code that takes
    single bytes of sums.  `parted`: whether an OR is 0 is told by its bytes.
    """

    def __init__(self, program: Program, narrow: int, *, parted: bool = False) -> None:
        super().__init__(program)
        self.narrow, self.parted = narrow, parted
        #: An XOR of more terms goes by a name; 0: of any number.
        self.most_terms = 0
        #: Whether what names stand for is kept, and of each name: a copy of it that can have either, and its own terms.
        self.keeps = False
        self._stands_for: dict[int, tuple[int, Poly]] = {}

    def continued(self, given: Mapping[int, int], forget: set[int]) -> Layer:
        """A layer that knows what this one knows but for the instructions `forget`, under these facts."""
        out = Layer(self.program, self.narrow, parted=self.parted)
        out.checker = self.checker.continued(given)
        out.done = {i: v for i, v in self.done.items() if i not in forget}
        out.sums = {k: i for k, i in self.sums.items() if i not in forget}
        out.polys = {k: i for k, i in self.polys.items() if i not in forget}
        out.natural = {a: v for a, v in self.natural.items() if a not in forget and v[0] not in forget}
        out.equals = {k: i for k, i in self.equals.items() if i not in forget}
        out.factors = {k: i for k, i in self.factors.items() if i not in forget}
        out.standing, out.multiplies = self.standing - forget, self.multiplies
        for i in forget:
            out.checker.poly.pop(i, None)
            out.checker.sum.pop(i, None)
        return out

    # -- instructions

    def process(self, i: int) -> None:
        """Finds a form of instruction i, of whose operands forms were looked for."""
        if i in self.done:
            return
        try:
            self.done[i] = self._form(i)
        except (RefusedError, KeyError, RecursionError):
            # No form follows: it is an atom where its bits are known; else what needs it stays open.
            if self.checker.bits(i) is not None:
                self.hint("polyatom", i)
                self.done[i] = "poly"
        if i in self.checker.given:
            self.hint("given", i)
            self.done[i] = "poly"

    def solve(self, i: int) -> None:
        """Where a fact tells an Xor of a whole atom and a number, it tells the atom, too."""
        if self.program[i][0] != "Xor":
            return
        try:
            self.hint("poly", i)
            p = self.checker.poly[i]
            for mono in list(p[1]):
                (a, _), *more = mono
                if not more and p[1] == {((a, 0),): self.checker.bits(a)}:
                    self.hint("solve", a, i)
                    self.done[a] = "poly"
            self.hint("given", i)
        except (RefusedError, KeyError):
            return

    def _form(self, i: int) -> str:
        match self.program[i]:
            case ("Const", _):
                self.hint("poly", i)
            case ("Var", _, _):
                self.hint("polyatom", i)
            case ("App", _, _, _):
                if not (self.parted and zero_by_parts(self, self.process, i)):
                    application(self, i)
            case ("And", a, b) if self.poly(a) == self.poly(b):
                self.hint("idempotent", i)
            case ("And", a, b):
                if _products(self.poly(a), self.poly(b)) > _MOST_TERMS:
                    and_atom(self, i, a, b)
                else:
                    self.hint("poly", i)
                    for of in (a, b):
                        self._narrow_by(i, of)
            case ("Xor", a, b):
                self.poly(a)
                self.poly(b)
                self.hint("poly", i)
                if self.most_terms and len(self.checker.poly[i][1]) > self.most_terms:
                    self.name(i)
            case ("Shl", a, _):
                self.poly(a)
                self.hint("poly", i)
            case ("Shr", a, n):
                if n and self.done.get(a) == "sum" and self._quotient(i, a, n):
                    return "sum"
                self.poly(a)
                self.hint("poly", i)
            case ("Mask", a, bits):
                return self._mask(i, a, bits)
            case ("Add", w, a, b):
                self.wide_sum(a, w)
                self.wide_sum(b, w)
                self.wide_sum(a, w)  # b's may have made a's its natural one
                self.hint("sum", i, w)
                self.inline(i)
                self._join_disjoint(i)
                return "sum"
            case ("Mulc", w, a, _):
                self.wide_sum(a, w)
                self.hint("sum", i, w)
                self.inline(i)
                return "sum"
        return "poly"

    def name(self, i: int, same: Sequence[int] = (), made_of: Sequence[tuple[int, Made]] = ()) -> None:
        """From now on i is an atom, and what `named` tells of is made of it."""
        self.use(self.named(i, same, made_of))

    def named(self, i: int, same: Sequence[int] = (), made_of: Sequence[tuple[int, Made]] = ()) -> Named:
        """A name for i, those of `same` that are shown equal to it, and those of `made_of` that are shown to be made of
        i's word as is said.

        By sums that are the name itself, or what is made of it, they are known after the name's poly has changed.
        """
        width = max(reach(self.poly(i)).bit_length(), 1)
        name = self.program.mask(i, ones(width))
        self.hint("poly", name)
        self.hint("sumatom", name, width)
        if self.keeps:
            self._keep(i, name, width)
            for n in same:
                self._fold_names(n, i)
        chains = [(n, make(name)) for n, make in made_of]
        for made in dict.fromkeys(made for _, made in chains):
            self._polys(made)
            self.hint("sumatom", made[-1], WORD)
        for n, made in chains if self.keeps else ():
            self._fold_names(n, made[-1])
        pairs = [(n, name) for n in (i, *same) if n != name] + [(n, made[-1]) for n, made in chains]
        shown = [(n, to) for n, to in pairs if n != to and self._is_made(n, to)]
        for n, to in shown:
            self.hint("same", n, to)
        return Named(name, [*dict.fromkeys(made for _, made in chains)], shown)

    def _keep(self, i: int, name: int, width: int) -> None:
        """Keeps what the name stands for: of a copy's copy, that is the name by their sums, whatever its poly is."""
        own = self.program.mask(i, ones(width + 1))
        copy = self.program.mask(own, ones(width + 2))
        self._polys((own, copy))
        self.hint("same", copy, name)
        self._stands_for[name] = copy, self.poly(name)

    def _fold_names(self, n: int, i: int) -> None:
        """Where n is i but for names that i is made of, and what these stand for in n: lets n be made of the names."""
        try:
            rest, found = poly_xor(self.poly(n), self.poly(i)), list[tuple[int, int, int]]()
            for name, (_, stands_for) in reversed(self._stands_for.items()):
                for mono, mask in [*rest[1].items()]:
                    (atom, shift), *more = mono
                    if atom == name and not more:
                        moved = poly_shr(stands_for, shift) if shift >= 0 else poly_shl(stands_for, -shift)
                        rest = poly_xor(rest, poly_xor((0, {mono: mask}), poly_mask(moved, mask)))
                        found.append((name, shift, mask))
            if rest == (0, {}) and found and reach(self.poly(n)) <= ones(WORD):
                self._told_by_names(n, found)
        except (RefusedError, KeyError):
            return

    def _told_by_names(self, n: int, found: Sequence[tuple[int, int, int]]) -> None:
        """Lets n be n, XOR parts of what names stand for, XOR the same parts of the names."""
        program, z, chain = self.program, n, list[int]()
        for name, shift, mask in found:
            copy, _ = self._stands_for[name]
            self.hint("same", copy, name)
            for word in (copy, name):
                moved = program.shr(word, shift) if shift > 0 else program.shl(word, -shift) if shift else word
                part = program.mask(moved, mask)
                z = program.xor(z, part)
                chain += (moved, part, z) if shift else (part, z)
        # The name and the name again: z is n, and stays that by its sum.
        holder = program.mask(n, ones(WORD))
        self._polys((*chain, holder))
        self.hint("sumatom", holder, WORD)
        self.hint("same", n, holder)
        self.hint("same", z, n)
        self._polys([self._stands_for[name][0] for name, _, _ in found])
        self._polys(chain)
        self.hint("same", n, z)

    def use(self, named: Named) -> None:
        """From now on the name is an atom, and what is shown equal to it, or to be made of it, is made of that."""
        self.hint("polyatom", named.name)
        self.done[named.name] = "poly"
        for made in named.made:
            self._polys(made)
        for n, to in named.shown:
            self.hint("same", n, to)

    def _is_made(self, n: int, to: int) -> bool:
        """Whether both are shown equal, by evaluations if need be."""
        try:
            return self.poly(n) == self.poly(to) or equal_by_tables(self, self.process, n, to)
        except (RefusedError, KeyError, RecursionError):
            return False

    def _polys(self, made: Sequence[int]) -> None:
        for n in made:
            self.hint("poly", n)

    def _join_disjoint(self, i: int) -> None:
        """Two summands, conjunctions that have no bit in common, are one, their XOR."""
        w, _, terms = self.checker.sum[i]
        products = [a for a in terms if self._is_product(a)]
        for k, a in enumerate(products):
            for b in products[k + 1 :]:
                if terms[a] == terms[b] and poly_and(self.poly(a), self.poly(b)) == (0, {}):
                    both = self.program.add(w, *sorted((a, b)))
                    self.hint("sum", both, w)
                    self.hint("disjoint", both)
                    self._fold(i, both, w, terms[a])
                    return

    def _is_product(self, atom: int) -> bool:
        p = self.checker.poly.get(atom)
        return p is not None and len(p[1]) <= _MOST_SUMMED and any(len(mono) > 1 for mono in p[1])

    def _fold(self, i: int, both: int, w: int, factor: int) -> None:
        """In i's sum, takes the poly atom of `both` for its two summands."""
        own = self.checker.sum[both]
        key = poly_key(self.checker.poly[both])
        atom = self.polys.get(key)
        if atom is None:
            atom = self.polys[key] = self.program.mask(both, ones(max(w, 64)))
            self.hint("poly", atom)
            self.hint("sumatom", atom, max(w, 64))
        elif self.checker.sum[atom][0] < w:
            self.hint("sumatom", atom, w)
        as_atom = self.checker.sum[atom]
        # The atom takes `both`'s sum, which goes into i's with the factor reversed; then it is itself again.
        self.hint("same", atom, both)
        if self.checker.sum[atom] == own:
            self.hint("inline", i, atom, -factor & ones(w), 0)
        self.hint("sumatom", atom, as_atom[0])

    def _quotient(self, i: int, a: int, n: int) -> bool:
        w, most, terms = self.checker.sum[a]
        for b, k in terms.items():
            bits = self.checker.bits(b)
            if bits is None or k & ones(n):
                return False
            most += k * bits
        if not terms or most > ones(w):
            return False
        self.hint("quotient", i)
        return True

    def _mask(self, i: int, a: int, bits: int) -> str:
        width = bits.bit_length()
        low = bits == ones(width) and width >= self.narrow
        if self.done.get(a) == "sum" and low and width <= self.checker.sum[a][0]:
            self.hint("sum", i, width)
            self.inline(i)
            return "sum"
        self.poly(a)
        self.hint("poly", i)
        if low:
            self._narrow(i, width)
        return "poly"

    def _narrow_by(self, i: int, mask: int) -> None:
        """As a Mask, an And with a number of low bits."""
        match self.program[mask]:
            case ("Const", bits) if bits == ones(bits.bit_length()) and bits.bit_length() >= self.narrow:
                self._narrow(i, bits.bit_length())

    def _narrow(self, i: int, n: int) -> None:
        """Sum atoms in i's poly of which only low bits count are narrower sums."""
        for mono, mask in list(self.checker.poly[i][1].items()):
            (a, shift), *more = mono
            if more or shift or a not in self.natural or self.natural[a][1] <= n or mask > ones(n):
                continue
            b = self.program.mask(a, ones(n))
            if b not in self.checker.sum:
                self.own_sum(a)
                self.hint("sum", b, n)
                self.inline(b)
            if self.poly(b) != (0, {mono: mask}):
                self.hint("narrow", i, a, b)

    # -- claims

    def equal(self, i: int, j: int) -> bool:
        """Whether i and j are shown equal, perhaps by further hints."""
        try:
            if self.checker.same(i, j):
                return True
            p, q = self.poly(i), self.poly(j)
            if self.checker.same(i, j) or self._by_pages(i, j):
                return True
            w = max(reach(p).bit_length(), reach(q).bit_length(), 1)
            self.wide_sum(i, w)
            self.wide_sum(j, w)
            if self.checker.same(i, j) or equal_by_products(self, self.process, i, j) or self._by_operands(i, j):
                return True
            return equal_by_tables(self, self.process, i, j)
        except (RefusedError, KeyError, RecursionError):
            return False

    def _by_pages(self, i: int, j: int) -> bool:
        try:
            return equal_by_pages(self, i, j)
        except (RefusedError, KeyError):
            return False

    def _by_operands(self, i: int, j: int) -> bool:
        """Whether both are one function of words that are shown equal, though their sums are told otherwise."""
        match self.program[i], self.program[j]:
            case ("App", f, xs, bits), ("App", g, ys, others) if f == g and bits == others and len(xs) == len(ys):
                if all(self.equal(x, y) for x, y in zip(xs, ys, strict=True)):
                    self.hint("congruent", i, j)
                    return True
        return False
