"""Rules for products over GF(2): carry-less ones, and those of GCM's field.

Both are commutative, and additive in each operand: f(x XOR y, z) = f(x, z) XOR f(y, z).  What is made of them by XOR,
shifts, masks and AND, each operand of something else, is affine in the bits of each of two groups of words.  So it is
known from what it is where at most one bit of each group is 1: that is compared, without any form.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from armsym.audit.columns import follow
from armsym.audit.forms import poly_xor
from armsym.audit.functions import PRODUCTS
from armsym.audit.known import Known, RefusedError, need
from armsym.audit.raw import ones

__all__ = ["MOST_POINTS", "ProductRules"]

#: Two words are compared for at most so many values of what they are made of.
MOST_POINTS = 1 << 17
#: The product of GCM's field, and its operands' bits.
_FIELD, _FIELD_BITS = "gf128.mul", ones(128)


class ProductRules(Known):
    """The rules `bilinear`, `distribute` and `associate`."""

    def _bilinear(
        self,
        i: int,
        j: int,
        first: Sequence[int],
        before: Sequence[int],
        second: Sequence[int],
        after: Sequence[int],
    ) -> None:
        sizes = [[self._bits(a).bit_length() for a in group] for group in (first, second)]
        count = (1 + sum(sizes[0])) * (1 + sum(sizes[1]))
        need(count <= MOST_POINTS, f"{count} values of two groups; the most is {MOST_POINTS}")
        groups: dict[int, int] = {}
        for number, members, order in ((1, first, before), (2, second, after)):
            groups |= dict.fromkeys(members, number)
            for n in order:
                groups[n] = self._groups(n, groups)
        need(i in groups and j in groups, f"{i} or {j} does not follow from {first} and {second}")
        points = list(self._points(second))
        for point in self._points(first):
            one = follow(self.program, {n: [v] for n, v in point.items()}, 1, before)
            values = {n: column * len(points) for n, column in one.items()}
            values |= {n: [p[n] for p in points] for n in second}
            follow(self.program, values, len(points), after)
            need(values[i] == values[j], f"instructions {i} and {j} differ where one bit of {first} and {second} is 1")
        self._share(i, j)

    def _points(self, group: Sequence[int]) -> Iterator[dict[int, int]]:
        """Values of the words of a group: all 0, or one bit of one of them 1."""
        nothing = dict.fromkeys(group, 0)
        yield nothing
        for n in nothing:
            bits = self._bits(n)
            while bits:
                low = bits & -bits
                yield nothing | {n: low}
                bits ^= low

    def _groups(self, n: int, groups: dict[int, int]) -> int:
        """In the bits of which groups instruction n is affine, of all others not made (1, 2: two groups; 3: both).

        Raises KeyError of an operand of which it is not known, RefusedError of what is not affine in a group.
        """
        x = self.program[n]
        match x:
            case ("Const", _):
                return 0
            case ("Xor", a, b):
                return groups[a] | groups[b]
            case ("Shl" | "Shr" | "Mask", a, _):
                return groups[a]
            case ("And", a, b):
                need(not groups[a] & groups[b], f"both operands of an And are made of one group: {x!r:.200}")
                return groups[a] | groups[b]
            case ("Mulc", _, a, _):
                need(self._bits(a) <= 1, f"a multiple of more than one bit: {x!r:.200}")
                return groups[a]
            case ("App", f, (a, b), _) if f in PRODUCTS:
                # A square is additive: the products of two different bits come twice.
                need(a == b or not groups[a] & groups[b], f"both factors are made of one group: {x!r:.200}")
                return groups[a] | groups[b]
        raise RefusedError(f"not affine: {x!r:.200}")

    def _distribute(self, i: int, j: int, k: int) -> None:
        match self.program[i], self.program[j], self.program[k]:
            case (("App", f, (x, y), bits), ("App", g, (u, z), own), ("App", h, (v, t), other)):
                pass
            case others:
                raise RefusedError(f"not three applications to two words: {others!r:.200}")
        need(f == g == h and f in PRODUCTS and bits == own == other, f"not one product: {f}, {g}, {h}")
        need(self.same(y, z) and self.same(y, t), f"{y}, {z} and {t} have no equal form")
        for n in (u, v, z):  # so that they are natural numbers, in Coq
            self._bits(n)
        need(self.poly[x] == poly_xor(self.poly[u], self.poly[v]), f"{x} is not {u} XOR {v}")
        self.poly[i] = poly_xor(self.poly[j], self.poly[k])

    def _associate(self, i: int, p: int, j: int, q: int) -> None:
        found = []
        for n in (i, p, j, q):
            match self.program[n]:
                case ("App", f, (a, b), bits) if f == _FIELD and bits == _FIELD_BITS:
                    found.append((a, b))
                case other:
                    raise RefusedError(f"no product of the field: {other!r:.200}")
        (x, c), (a, b), (d, y), (e, f) = found
        need(self.same(x, p) and self.same(y, q), f"{x} is not {p}, or {y} not {q}")
        need(self.same(a, d) and self.same(b, e) and self.same(c, f), "not of three equal factors")
        self._share(i, j)
