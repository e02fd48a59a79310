"""The forms of instructions, and hints that lead from one to the other.  Untrusted.

Each hint is done by the checker's own steps as it is found, and a bad one only leaves a claim open.  Names: an
instruction's *sum atom* stands in a poly for a sum that is no poly; its *natural* sum is the sum that it stands for;
a *poly atom* stands in a sum for a poly that is no sum.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import TypeAlias

from armsym.audit.check import Checker
from armsym.audit.forms import Poly, Sum, reach
from armsym.audit.hints import Hint
from armsym.audit.raw import Program, ones

__all__ = ["Key", "Views", "poly_key"]

Key: TypeAlias = tuple[Hashable, ...]

#: Masks of bits are made at least this wide, so that those of one bit in words of several widths have one form.
_WIDEST_MASK = 128
#: Poly atoms are known at least this wide.
_WORD = 64


def poly_key(p: Poly) -> Key:
    """Equal for equal polys."""
    return ("poly", p[0], frozenset(p[1].items()))


def _sum_key(s: Sum) -> Key:
    return ("sum", s[0], s[1], frozenset(s[2].items()))


class Views:
    """What is known of instructions, and the hints for it."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.checker = Checker(program)
        self.hints: list[Hint] = []
        self.done: dict[int, str] = {}  # instruction -> "poly" or "sum": what it came out as
        self.sums: dict[Key, int] = {}  # a sum -> its sum atom
        self.polys: dict[Key, int] = {}  # a poly -> its poly atom
        self.natural: dict[int, tuple[int, int]] = {}  # sum atom -> (instruction that has its natural sum, width)
        self.equals: dict[Key, int] = {}  # what an App or And is of, by forms -> the first such
        self.keys: dict[int, Key] = {}  # of Apps and Ands
        self.factors: dict[Key, int] = {}  # the words that products of GCM's field are made of, by their polys
        self.wholes: dict[Key, int] = {}  # words of few bits that are made of many, by their polys
        self.standing: set[int] = set()  # products of these that are atoms
        self.multiplies = False  # whether there are products over GF(2)
        self.flat: set[int] = set()  # instructions in whose polys no carry-less products are left that need not be

    def hint(self, *hint: object) -> None:
        """Does a step and notes it."""
        self.checker.step(hint)
        self.hints.append(hint)

    # -- forms

    def poly(self, i: int) -> Poly:
        """i's poly, which is made of its sum where there is none yet."""
        p = self.checker.poly.get(i)
        if p is None:
            self._poly_of_sum(i)
            p = self.checker.poly[i]
        return p

    def _poly_of_sum(self, i: int) -> None:
        self.inline(i)
        w, c, terms = self.checker.sum[i]
        most = ones(w)
        if not terms:
            self.hint("topoly", i, 0)
            return
        if len(terms) == 1:
            ((a, k),) = terms.items()
            self.poly(a)
            bits = self.checker.bits(a)
            low = k.bit_length() - 1
            if k == most == c or (bits is not None and k == 1 << low and not bits << low & c):
                self.hint("topoly", i, low)
                return
            if bits is not None and bits <= 1:
                self._choose(i, a)
                return
        if self._split(i) or self._fits(i):
            return
        key = _sum_key((w, c, terms))
        atom = self.sums.get(key)
        if atom is not None:
            self.hint("same", i, atom)
            return
        atom = i
        if self.checker.bits(i) is None:
            atom = self.program.mask(i, most)
            self.hint("sum", atom, w)
        self._sum_atom(atom, w, key)
        if atom != i:
            self.hint("same", i, atom)

    def _sum_atom(self, atom: int, width: int, key: Key) -> None:
        self.hint("polyatom", atom)
        self.sums[key] = atom
        self.natural[atom] = (atom, width)

    def _choose(self, i: int, bit: int) -> None:
        w = max(_WIDEST_MASK, self.checker.sum[i][0])
        mask = self.program.mulc(w, bit, ones(w))
        if mask not in self.checker.poly:
            self.wide_sum(bit, w)
            self.hint("sum", mask, w)
            self._sum_atom(mask, w, _sum_key(self.checker.sum[mask]))
        if mask != i:
            self.hint("choose", i, mask)

    def _split(self, i: int) -> bool:
        """low + 2^n * high without a carry."""
        w, c, terms = self.checker.sum[i]
        lows = []
        for a, k in terms.items():
            bits = self.checker.bits(a)
            if k == 1 and bits is not None and bits & 1 and bits < ones(w):
                lows.append((a, bits.bit_length()))
        if len(lows) != 1:
            return False
        ((low, n),) = lows
        if n >= w or c & ones(n) or any(k & ones(n) for a, k in terms.items() if a != low):
            return False
        high = self._sum_node(w - n, c >> n, {a: k >> n for a, k in terms.items() if a != low})
        self.poly(low)
        self.poly(high)
        self.hint("split", i, low, high, n)
        return True

    def _fits(self, i: int) -> bool:
        """A sum that fits in fewer bits is the sum of so many, which is known by one form whatever it was made of.

        With n bits less it is (2^n * that sum) / 2^n, and nothing is lost.
        """
        w, c, terms = self.checker.sum[i]
        most = c
        for a, k in terms.items():
            bits = self.checker.bits(a)
            if bits is None:
                return False
            most += k * bits
        n = w - most.bit_length()
        if n <= 0 or not terms:
            return False
        low = self._sum_node(w - n, c, terms)
        self.poly(low)
        moved = self.program.mulc(w, low, 1 << n)
        back = self.program.shr(moved, n)
        if back not in self.checker.poly:
            self.wide_sum(low, w)
            self.hint("sum", moved, w)
            if len(self.checker.sum[moved][2]) != 1:
                return False
            self.hint("topoly", moved, n)
            self.hint("poly", back)
            self.inline(moved)
            self.hint("quotient", back)
        if not self.checker.same(i, back):
            return False
        self.hint("same", i, back)
        return True

    def _sum_node(self, w: int, c: int, terms: Mapping[int, int]) -> int:
        """An instruction that has this sum."""
        out = None
        for a, k in terms.items():
            self.wide_sum(a, w)
            x = self.program.mulc(w, a, k)
            if x not in self.checker.sum:
                self.hint("sum", x, w)
                self.inline(x)
            out = x if out is None else self._add_node(w, out, x)
        if c or out is None:
            x = self.program.const(c)
            self.wide_sum(x, w)
            out = x if out is None else self._add_node(w, out, x)
        return out

    def _add_node(self, w: int, a: int, b: int) -> int:
        out = self.program.add(w, a, b)
        if out not in self.checker.sum:
            self.hint("sum", out, w)
        return out

    def own_sum(self, atom: int) -> None:
        """Makes the sum of a sum atom its natural one."""
        holder = self.natural[atom][0]
        if holder != atom and self.checker.sum.get(atom) != self.checker.sum[holder]:
            self.hint("same", atom, holder)

    def inline(self, i: int) -> None:
        """Replaces sum atoms in i's sum by what they stand for, where that is wide enough."""
        again = True
        while again:
            again = False
            w, _, terms = self.checker.sum[i]
            for a, k in list(terms.items()):
                natural = self.natural.get(a)
                zeros = (k & -k).bit_length() - 1
                if natural and natural[1] + zeros >= w and a != i:
                    self.own_sum(a)
                    if self.checker.sum[a][2] != {a: 1}:
                        self.hint("inline", i, a, k >> zeros, zeros)
                        again = True

    def wide_sum(self, i: int, w: int) -> None:
        """Gives i a sum of at least w bits."""
        s = self.checker.sum.get(i)
        if s is not None and s[0] >= w:
            return
        x = self.program[i]
        if x[0] == "Const" and x[1] <= ones(w):
            self.hint("sum", i, w)
            return
        c, terms = p = self.poly(i)
        if s is not None and self.natural.get(i, (0, 0))[0] == i:
            self._keep_sum(i)
        most = ones(w)
        if reach(p) <= most:
            if self.checker.whole_terms(i, w) is not None:
                self.hint("tosum", i, w)
                self.inline(i)
                return
            if c == most and terms:
                self._complement(i, w)
                return
        key = poly_key(p)
        atom = self.polys.get(key)
        if atom is None:
            atom = self.poly_atom(i, max(w, _WORD, reach(p).bit_length()))
            self.polys[key] = atom
            self._narrow_sum(atom, reach(p).bit_length())
        elif self.checker.sum[atom][0] < w:
            self.hint("sumatom", atom, w)
        if atom != i:
            self.hint("same", i, atom)

    def _keep_sum(self, atom: int) -> None:
        """Puts the natural sum of a sum atom under another name, as the atom's own is to be wider."""
        s = self.checker.sum[atom]
        holder = self.program.mask(atom, ones(s[0]))
        if holder not in self.checker.sum or holder not in self.checker.poly:
            self.hint("poly", holder)
            self.hint("sum", holder, s[0])
        self.natural[atom] = (holder, s[0])
        if self.sums.get(_sum_key(s)) == atom:
            self.sums[_sum_key(s)] = holder

    def _narrow_sum(self, atom: int, w: int) -> None:
        """Where a poly atom, the low bits of a wider word, is a sum of w bits: puts that under another name.

        A sum of at most w bits is made of that word itself then, whether the atom was made wide before or not.
        """
        if self.checker.whole_terms(atom, w):
            # (An instruction that is nothing else: of its own the program may need other forms.)
            width = w
            while self.program.find(("Mask", atom, ones(width))):
                width += 1
            holder = self.program.mask(atom, ones(width))
            self.hint("poly", holder)
            self.hint("tosum", holder, w)
            self.inline(holder)
            self.natural[atom] = (holder, w)

    def _complement(self, i: int, w: int) -> None:
        """The sum of NOT u from u's."""
        most = self.program.const(ones(w))
        u = self.program.xor(i, most)
        for made in (most, u):
            if made not in self.checker.poly:
                self.hint("poly", made)
        self.wide_sum(u, w)
        if self.checker.sum[u][0] != w:
            u = self.program.mask(u, ones(w))
            self.hint("poly", u)
            self.hint("sum", u, w)
        self.hint("not", i, u)
        self.inline(i)

    def poly_atom(self, i: int, w: int) -> int:
        bits = self.checker.bits(i)
        atom = i
        if bits is None or bits > ones(w):
            # One bit may be chosen by; else no Mask is taken that the program itself may have, and be narrowed there.
            bits = 1 if reach(self.poly(i)) == 1 else ones(w)
            atom = self.program.mask(i, bits)
            self.hint("poly", atom)
        self.hint("sumatom", atom, max(w, bits.bit_length()))
        return atom

    def key(self, i: int) -> Key:
        """What i is by its forms: equal keys are equal values, and mostly the other way round, too."""
        s = self.checker.sum.get(i)
        if self.done.get(i) == "poly" or s is None or len(s[2]) <= 1:
            return poly_key(self.poly(i))
        return _sum_key(s)
