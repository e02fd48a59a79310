"""Finds hints for one program under one set of facts: what `elaborate` builds its parts of.

Nothing here is believed: each hint is done by the checker's own steps as it is found, and a bad one only leaves a
claim open.  Names: an instruction's *sum atom* stands in a poly for a sum that is no poly; its *natural* sum is the
sum that it stands for; a *poly atom* stands in a sum for a poly that is no sum.
"""

from __future__ import annotations

from collections.abc import Mapping

from armsym.audit.check import Checker, RefusedError
from armsym.audit.forms import Poly, Sum, reach
from armsym.audit.hints import Hint
from armsym.audit.raw import Program, ones
from armsym.certify.applications import Key, and_atom, application, poly_key
from armsym.certify.tables import equal_by_tables

__all__ = ["Layer"]

#: Products of more terms than this are not multiplied out.
_MOST_TERMS = 256
#: Masks of bits are made at least this wide, so that those of one bit in words of several widths have one form.
_WIDEST_MASK = 128
#: Poly atoms are known at least this wide.
_WORD = 64


def _sum_key(s: Sum) -> Key:
    return ("sum", s[0], s[1], frozenset(s[2].items()))


class Layer:
    """The forms of instructions found so far, and the hints that lead there.

    `narrow` is the fewest bits of a Mask that is looked at as a narrower sum: 32 suits most code, 8 code that takes
    single bytes of sums.
    """

    def __init__(self, program: Program, narrow: int) -> None:
        self.program = program
        self.narrow = narrow
        self.checker = Checker(program)
        self.hints: list[Hint] = []
        self.done: dict[int, str] = {}  # instruction -> "poly" or "sum": what it came out as
        self.sums: dict[Key, int] = {}  # a sum -> its sum atom
        self.polys: dict[Key, int] = {}  # a poly -> its poly atom
        self.natural: dict[int, tuple[int, int]] = {}  # sum atom -> (instruction that has its natural sum, width)
        self.equals: dict[Key, int] = {}  # what an App or And is of, by forms -> the first such
        self.keys: dict[int, Key] = {}
        self.evaluations: list[Hint] = []  # those that `tables` has found and not yet done

    def continued(self, given: Mapping[int, int], forget: set[int]) -> Layer:
        """A layer that knows what this one knows but for the instructions `forget`, under these facts."""
        out = Layer(self.program, self.narrow)
        out.checker = self.checker.continued(given)
        out.done = {i: v for i, v in self.done.items() if i not in forget}
        out.sums = {k: i for k, i in self.sums.items() if i not in forget}
        out.polys = {k: i for k, i in self.polys.items() if i not in forget}
        out.natural = {a: v for a, v in self.natural.items() if a not in forget and v[0] not in forget}
        out.equals = {k: i for k, i in self.equals.items() if i not in forget}
        for i in forget:
            out.checker.poly.pop(i, None)
            out.checker.sum.pop(i, None)
        return out

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
        self._inline(i)
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
        if self._split(i):
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
            self._wide_sum(bit, w)
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

    def _sum_node(self, w: int, c: int, terms: Mapping[int, int]) -> int:
        """An instruction that has this sum."""
        out = None
        for a, k in terms.items():
            self._wide_sum(a, w)
            x = self.program.mulc(w, a, k)
            if x not in self.checker.sum:
                self.hint("sum", x, w)
                self._inline(x)
            out = x if out is None else self._add_node(w, out, x)
        if c or out is None:
            x = self.program.const(c)
            self._wide_sum(x, w)
            out = x if out is None else self._add_node(w, out, x)
        return out

    def _add_node(self, w: int, a: int, b: int) -> int:
        out = self.program.add(w, a, b)
        if out not in self.checker.sum:
            self.hint("sum", out, w)
        return out

    def _own_sum(self, atom: int) -> None:
        """Makes the sum of a sum atom its natural one."""
        holder = self.natural[atom][0]
        if holder != atom and self.checker.sum.get(atom) != self.checker.sum[holder]:
            self.hint("same", atom, holder)

    def _inline(self, i: int) -> None:
        """Replaces sum atoms in i's sum by what they stand for, where that is wide enough."""
        again = True
        while again:
            again = False
            w, _, terms = self.checker.sum[i]
            for a, k in list(terms.items()):
                natural = self.natural.get(a)
                zeros = (k & -k).bit_length() - 1
                if natural and natural[1] + zeros >= w and a != i:
                    self._own_sum(a)
                    if self.checker.sum[a][2] != {a: 1}:
                        self.hint("inline", i, a, k >> zeros, zeros)
                        again = True

    def _wide_sum(self, i: int, w: int) -> None:
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
                self._inline(i)
                return
            if c == most and terms and self._complement(i, w):
                return
        key = poly_key(p)
        atom = self.polys.get(key)
        if atom is None:
            atom = self._poly_atom(i, max(w, _WORD, reach(p).bit_length()))
            self.polys[key] = atom
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

    def _complement(self, i: int, w: int) -> bool:
        """The sum of NOT u from u's."""
        most = self.program.const(ones(w))
        u = self.program.xor(i, most)
        for made in (most, u):
            if made not in self.checker.poly:
                self.hint("poly", made)
        self._wide_sum(u, w)
        if self.checker.sum[u][0] != w:
            return False
        self.hint("not", i, u)
        self._inline(i)
        return True

    def _poly_atom(self, i: int, w: int) -> int:
        bits = self.checker.bits(i)
        atom = i
        if bits is None or bits > ones(w):
            bits = ones(reach(self.poly(i)).bit_length())
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
                application(self, i)
            case ("And", a, b):
                if len(self.poly(a)[1]) * len(self.poly(b)[1]) > _MOST_TERMS:
                    and_atom(self, i, a, b)
                else:
                    self.hint("poly", i)
            case ("Xor", a, b):
                self.poly(a)
                self.poly(b)
                self.hint("poly", i)
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
                self._wide_sum(a, w)
                self._wide_sum(b, w)
                self._wide_sum(a, w)  # b's may have made a's its natural one
                self.hint("sum", i, w)
                self._inline(i)
                return "sum"
            case ("Mulc", w, a, _):
                self._wide_sum(a, w)
                self.hint("sum", i, w)
                self._inline(i)
                return "sum"
        return "poly"

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
            self._inline(i)
            return "sum"
        self.poly(a)
        self.hint("poly", i)
        if low:
            self._narrow(i, width)
        return "poly"

    def _narrow(self, i: int, n: int) -> None:
        """Sum atoms in i's poly of which only low bits count are narrower sums."""
        for mono, mask in list(self.checker.poly[i][1].items()):
            (a, shift), *more = mono
            if more or shift or a not in self.natural or self.natural[a][1] <= n or mask > ones(n):
                continue
            b = self.program.mask(a, ones(n))
            if b not in self.checker.sum:
                self._own_sum(a)
                self.hint("sum", b, n)
                self._inline(b)
            if self.poly(b) != (0, {mono: mask}):
                self.hint("narrow", i, a, b)

    # -- claims

    def equal(self, i: int, j: int) -> bool:
        """Whether i and j are shown equal, perhaps by further hints."""
        self.evaluations = []
        try:
            if self.checker.same(i, j):
                return True
            p, q = self.poly(i), self.poly(j)
            if self.checker.same(i, j):
                return True
            w = max(reach(p).bit_length(), reach(q).bit_length(), 1)
            self._wide_sum(i, w)
            self._wide_sum(j, w)
            return self.checker.same(i, j) or equal_by_tables(self, i, j)
        except (RefusedError, KeyError, RecursionError):
            return False
