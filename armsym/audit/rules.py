"""The rules of the checker: steps, each of which gives an instruction a form; equal forms are equal values.

It believes no hint.  A step's conditions are re-computed here; one that fails refuses the whole part (RefusedError).
The same rules, proved sound for all widths, are in coq/Check.v; tests run both on the same inputs.

`bits(i)` below is the number that has a 1 wherever instruction i may have one, read off the instruction itself: known
of Const, Var, App, Mask, Add and Mulc.  An instruction has at most one form of each kind; a step replaces it.

    poly i          poly of a Const, Xor, And, Shl, Shr or Mask from those of its operands
    polyatom i      poly of i: itself, within bits(i)
    sum i w         sum of an Add or Mulc (w is theirs, the hint's is not used), of a Const below 2^w, or of a Mask by
                    2^w - 1; operands' sums are as wide or wider
    sumatom i w     sum of i: itself, bits(i) < 2^w
    tosum i w       sum from poly: the constant and terms below 2^w that are whole atoms, shifted, each bit of at most
                    one of them; where the constant has all of a term's bits, the term is taken off, where none, added
    topoly i n      poly from sum: a constant; c + 2^n * a without a carry; or -1 - a, of all w bits
    inline i a k n  in i's sum, k * 2^n times a is replaced by k * 2^n times a's own sum, of at least w - n bits
    same i j        i and j have an equal form: i takes both of j's
    narrow i a b    b is a Mask of a: within its bits, a in i's poly is b's poly
    split i a h n   i's sum is a + 2^n * h, with a < 2^n and h of w - n bits: poly is a's, and h's shifted
    not i u         i = 2^w - 1 XOR u by their polys: sum is 2^w - 1 - u's sum
    choose i m      i's sum is c + k * a with a one bit, and m is a * (2^u - 1) in u bits: where a is 0, i is c, where
                    it is 1, (c + k) mod 2^w, so that i is c XOR (m AND what differs)
    congruent i j   two Apps of one function and bits, or two Ands, with equal operands (an And's and a product's, of
                    numbers or over GF(2), in either order)
    idempotent i    i is an And of equal operands: it takes their forms
    within i        i is a Mask, by all that one of the operands' polys may have, of an And: the And takes i's forms
    disjoint i      i is an Add of a and b, whose polys' product is 0: poly is their XOR, of its bits
    quotient i      i is a Shr by n of 2^n * (sum) + c that does not wrap: its sum is the quotient
    evaluate i j C N   i and j have equal values for all values of the instructions C (at most 16 bits in all, by their
                    bits), which the instructions N follow from one by one: i takes both of j's forms
    bilinear i j A N B O   i and j have equal values where at most one bit of the instructions A is 1, and at most one
                    of B: N follow from A, one by one, O from all these, each by Xor, Shl, Shr, Mask, Mulc of one bit,
                    an And or a product of operands not made of the same of A and B, or a square: i takes j's forms
    distribute i j k   products of one function and bits, i of x XOR y, j of x and k of y, by their polys, all with an
                    equal second operand: poly is j's XOR k's
    associate i p j q   products of GCM's field: i = (p = a * b) * c, j = a * (q = b * c): i takes j's forms
    zeros i j k     applications of `zero`, i to x, j to y and k to z, where x is y OR z: Xor(Xor(y, z), And(y, z)), or
                    by its poly y XOR z, whose polys' product is 0: poly is j's and k's product
    given i         poly of i: the number that the facts tell
    solve a i       the facts tell i, whose poly is c XOR a, by all of bits(a): poly of a is what the facts tell XOR c
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from armsym.audit.columns import columns, submasks
from armsym.audit.forms import (
    Poly,
    poly_and,
    poly_mask,
    poly_shl,
    poly_shr,
    poly_xor,
    reach,
    sum_add,
    sum_times,
    truncated,
)
from armsym.audit.functions import SWAPPED
from armsym.audit.hints import MOST_BITS, SHAPES, Hint
from armsym.audit.known import RefusedError, natural, need
from armsym.audit.products import ProductRules
from armsym.audit.raw import ones

__all__ = ["MOST_FREE_BITS", "Checker", "RefusedError", "natural", "need"]

#: An evaluation is over at most this many bits.
MOST_FREE_BITS = 16


class Checker(ProductRules):
    """Does steps: what it knows, changed by rules."""

    def continued(self, given: Mapping[int, int]) -> Checker:
        """Another one that knows what this one does, under these facts, which must contain this one's."""
        lost = {i: v for i, v in self.given.items() if given.get(i) != v}
        need(not lost, f"facts that a part started from are not among its own: {lost!r:.200}")
        out = Checker(self.program, given)
        out.poly, out.sum = self.poly.copy(), self.sum.copy()
        return out

    # -- steps

    def step(self, hint: Hint) -> None:
        """Does one step.  Raises RefusedError where the hint is none, or a condition of its rule does not hold."""
        rule = _RULES.get(hint[0]) if hint and type(hint[0]) is str else None
        if rule is None:
            raise RefusedError(f"no such rule: {hint!r:.200}")
        shape = SHAPES[hint[0]]
        # (Messages are made only where they are raised: there are many steps.)
        if len(hint) != len(shape) + 1:
            raise RefusedError(f"{hint[0]} has {len(shape)} fields: {hint!r:.200}")
        for value, kind in zip(hint[1:], shape, strict=True):
            if not self._is_field(value, kind):
                raise RefusedError(f"{value!r:.200} is no field of {hint!r:.200}")
        try:
            rule(self, *hint[1:])
        except KeyError as error:
            raise RefusedError(f"{hint!r:.200}: instruction {error} has no such form yet") from None
        except ValueError as error:  # a name that is no table's, too
            raise RefusedError(f"{hint!r:.200}: {error}") from None

    def _is_field(self, value: object, kind: str) -> bool:
        match kind:
            case "n":
                return self.is_node(value)
            case "N":
                return type(value) is tuple and all(map(self.is_node, value))
            case "d":
                return type(value) is int and 0 <= value <= MOST_BITS
        return natural(value)

    def _poly(self, i: int) -> None:
        match self.program[i]:
            case ("Const", value):
                self.poly[i] = (value, {})
            case ("Xor", a, b):
                self.poly[i] = poly_xor(self.poly[a], self.poly[b])
            case ("And", a, b):
                self.poly[i] = poly_and(self.poly[a], self.poly[b])
            case ("Shl", a, by):
                self.poly[i] = poly_shl(self.poly[a], by)
            case ("Shr", a, by):
                self.poly[i] = poly_shr(self.poly[a], by)
            case ("Mask", a, bits):
                self.poly[i] = poly_mask(self.poly[a], bits)
            case other:
                raise RefusedError(f"no poly follows from {other!r:.200}")

    def _sum(self, i: int, w: int) -> None:
        match self.program[i]:
            case ("Const", value):
                need(value <= ones(w), f"{value:#x} has more than {w} bits")
                self.sum[i] = (w, value, {})
            case ("Add", width, a, b):
                x, y = self.sum[a], self.sum[b]
                need(width <= x[0] and width <= y[0], f"an Add of {width} bits from sums of {x[0]} and {y[0]}")
                self.sum[i] = sum_add(truncated(x, width), truncated(y, width))
            case ("Mulc", width, a, factor):
                x = self.sum[a]
                need(width <= x[0], f"a Mulc of {width} bits from a sum of {x[0]}")
                self.sum[i] = sum_times((width, x[1], x[2]), factor)
            case ("Mask", a, bits):
                x = self.sum[a]
                need(w <= x[0] and bits == ones(w), f"the Mask {bits:#x} of a sum of {x[0]} bits is no sum of {w}")
                self.sum[i] = truncated(x, w)
            case other:
                raise RefusedError(f"no sum follows from {other!r:.200}")

    def _polyatom(self, i: int) -> None:
        bits = self._bits(i)
        self.poly[i] = (0, {((i, 0),): bits} if bits else {})

    def _sumatom(self, i: int, w: int) -> None:
        need(self._bits(i) <= ones(w), f"the bits {self._bits(i):#x} are not below 2^{w}")
        self.sum[i] = (w, 0, {i: 1} if w else {})

    def _tosum(self, i: int, w: int) -> None:
        _ = self.poly[i]
        terms = self.whole_terms(i, w)
        if terms is None:
            raise RefusedError(f"not disjoint whole atoms of {w} bits: {self.poly[i]!r:.200}")
        self.sum[i] = (w, self.poly[i][0], terms)

    def _topoly(self, i: int, n: int) -> None:
        w, c, terms = self.sum[i]
        if not terms:
            self.poly[i] = (c, {})
            return
        need(len(terms) == 1, f"{len(terms)} terms")
        ((a, k),) = terms.items()
        bits, p = self._bits(a), self.poly[a]
        if k == 1 << n and not c & bits << n:
            self.poly[i] = poly_xor((c, {}), poly_mask(poly_shl(p, n), ones(w)))
        else:
            need(k == ones(w) == c, f"{c:#x} + {k:#x} * {a} carries, and is not -1 - {a}")
            self.poly[i] = poly_xor((c, {}), poly_mask(p, ones(w)))

    def _inline(self, i: int, a: int, k: int, n: int) -> None:
        x, y = self.sum[i], self.sum[a]
        w = x[0]
        need(w <= y[0] + n, f"a sum of {y[0]} bits, times 2^{n}, in one of {w}")
        factor = k << n
        gone = sum_add(x, sum_times((w, 0, {a: 1}), -factor))
        self.sum[i] = sum_add(gone, sum_times((w, y[1], y[2]), factor))

    def _same(self, i: int, j: int) -> None:
        if not self.same(i, j):
            raise RefusedError(f"instructions {i} and {j} have no equal form")
        self._share(i, j)

    def _narrow(self, i: int, a: int, b: int) -> None:
        match self.program[b]:
            case ("Mask", of, bits) if of == a:
                pass
            case other:
                raise RefusedError(f"{b} is no Mask of {a}: {other!r:.200}")
        constant, terms = self.poly[i]
        replacement = self.poly[b]
        out: Poly = (constant, {})
        for mono, mask in terms.items():
            inside = mono == ((a, 0),) and mask & bits == mask
            out = poly_xor(out, poly_mask(replacement, mask) if inside else (0, {mono: mask}))
        self.poly[i] = out

    def _split(self, i: int, a: int, h: int, n: int) -> None:
        x, high = self.sum[i], self.sum[h]
        w = x[0]
        need(high[0] + n == w, f"a high part of {high[0]} bits and a low one of {n} in a sum of {w}")
        need(self._bits(a) <= ones(n), f"the low part {a} is not below 2^{n}")
        parts = sum_add(sum_times((w, 0, {a: 1}), 1), sum_times((w, high[1], high[2]), 1 << n))
        need(x == parts, f"the sum is not {a} + 2^{n} * {h}")
        self.poly[i] = poly_xor(self.poly[a], poly_shl(self.poly[h], n))

    def _not(self, i: int, u: int) -> None:
        (c, terms), q, x = self.poly[i], self.poly[u], self.sum[u]
        w = x[0]
        need(c == ones(w) and q == (0, terms), f"{i} is not NOT {u} of {w} bits")
        self.sum[i] = sum_add((w, ones(w), {}), sum_times(x, -1))

    def _choose(self, i: int, m: int) -> None:
        w, c, terms = self.sum[i]
        need(len(terms) == 1, f"{len(terms)} terms")
        ((a, k),) = terms.items()
        need(self._bits(a) <= 1, f"{a} is not one bit")
        match self.program[m]:
            case ("Mulc", u, of, factor) if of == a and factor == ones(u):
                pass
            case other:
                raise RefusedError(f"{m} is no mask of {a}: {other!r:.200}")
        differs = c ^ (c + k & ones(w))
        need(differs <= ones(u), f"{differs:#x} has more than {u} bits")
        self.poly[i] = poly_xor((c, {}), poly_mask(self.poly[m], differs))

    def _congruent(self, i: int, j: int) -> None:
        match self.program[i], self.program[j]:
            case ("App", f, xs, bits), ("App", g, ys, others) if f == g and bits == others and len(xs) == len(ys):
                equal = all(map(self.same, xs, ys))
                if f in SWAPPED and len(xs) == 2:
                    equal = equal or all(map(self.same, xs, reversed(ys)))
            case ("And", a, b), ("And", c, d):
                equal = (self.same(a, c) and self.same(b, d)) or (self.same(a, d) and self.same(b, c))
            case _:
                equal = False
        need(equal, f"not one function of equal operands: {self.program[i]!r:.200}, {self.program[j]!r:.200}")
        self._share(i, j)

    def _idempotent(self, i: int) -> None:
        match self.program[i]:
            case ("And", a, b) if self.same(a, b):
                self._share(i, a)
            case other:
                raise RefusedError(f"no And of equal operands: {other!r:.200}")

    def _within(self, i: int) -> None:
        match self.program[i]:
            case ("Mask", a, bits):
                of = self.program[a]
            case other:
                raise RefusedError(f"no Mask: {other!r:.200}")
        inside = [b for b in of[1:] if b in self.poly and reach(self.poly[b]) & ~bits == 0] if of[0] == "And" else []
        need(bool(inside), f"no operand of {of!r:.200} is within {bits:#x}")
        self._share(a, i)

    def _disjoint(self, i: int) -> None:
        match self.program[i]:
            case ("Add", width, a, b):
                p, q = self.poly[a], self.poly[b]
            case other:
                raise RefusedError(f"no Add: {other!r:.200}")
        product = poly_and(p, q)
        need(product == (0, {}), f"{a} and {b} may have a bit in common: {product!r:.200}")
        self.poly[i] = poly_mask(poly_xor(p, q), ones(width))

    def _quotient(self, i: int) -> None:
        match self.program[i]:
            case ("Shr", a, n):
                w, c, terms = self.sum[a]
            case other:
                raise RefusedError(f"no Shr: {other!r:.200}")
        most = c
        for b, k in terms.items():
            need(not k & ones(n), f"{k:#x} is no multiple of 2^{n}")
            most += k * self._bits(b)
        need(most <= ones(w), f"the sum may be {most:#x}, of {w} bits")
        self.sum[i] = (w, c >> n, {b: k >> n for b, k in terms.items()})

    def _evaluate(self, i: int, j: int, cut: Sequence[int], order: Sequence[int]) -> None:
        free = [self._bits(a) for a in cut]
        count = sum(b.bit_count() for b in free)
        need(count <= MOST_FREE_BITS, f"{count} free bits; the most is {MOST_FREE_BITS}")
        values = columns(self.program, dict(zip(cut, map(submasks, free), strict=True)), order)
        need(values[i] == values[j], f"instructions {i} and {j} differ for some values of {cut}")
        self._share(i, j)

    def _zeros(self, i: int, j: int, k: int) -> None:
        match self.program[i], self.program[j], self.program[k]:
            case ("App", "zero", (x,), 1), ("App", "zero", (y,), 1), ("App", "zero", (z,), 1):
                need(self._is_either(x, y, z), f"{x} is neither {y} OR {z}, nor these beside each other")
            case other:
                raise RefusedError(f"not applications of `zero`: {other!r:.200}")
        self.poly[i] = poly_and(self.poly[j], self.poly[k])

    def _is_either(self, x: int, y: int, z: int) -> bool:
        match self.program[x]:
            case ("Xor", u, v) if self.program[u] == ("Xor", y, z) and self.program[v] == ("And", y, z):
                return True
        p, q, r = self.poly.get(x), self.poly.get(y), self.poly.get(z)
        if p is None or q is None or r is None:
            return False
        return poly_and(q, r) == (0, {}) and poly_xor(q, r) == p

    def _given(self, i: int) -> None:
        self.poly[i] = (self.given[i], {})

    def _solve(self, a: int, i: int) -> None:
        (c, terms), bits = self.poly[i], self._bits(a)
        need(terms == {((a, 0),): bits}, f"{i} is not {a} XOR a constant: {terms!r:.200}")
        self.poly[a] = (self.given[i] ^ c, {})


_RULES: dict[str, Callable[..., None]] = {rule: getattr(Checker, f"_{rule}") for rule in SHAPES}
