"""Which integer a node of a raw program is, found by the engine's search for quotients and bounds.  Untrusted.

Each value is noted as a step of `armsym.audit.integers`, between the records of the kernel's facts.
"""

from __future__ import annotations

from typing import Any

from armsym.audit.raw import Program, ones
from armsym.audit.words import Words
from armsym.integers.kernel import Atom, Fact, Kernel, Summand
from armsym.integers.polynomial import ONE, Polynomial, add, const, scale
from armsym.integers.translate import Translator

__all__ = ["NodeValues"]


class NodeValues(Translator):
    """Values of nodes; `log` takes their steps, ["value", node, rule, field...], and ["and" | "mask", node, a, b]."""

    def __init__(self, kernel: Kernel, program: Program, log: list[list[Any]], *, name_factors: bool) -> None:
        super().__init__(kernel, name_factors=name_factors)
        self.program, self._words, self._log = program, Words(program), log
        self._of: dict[int, Polynomial] = {}
        self._bits_of: dict[int, Fact] = {}
        #: By the number of a given fact: the step that makes it.
        self.given: dict[int, list[Any]] = {}

    def node(self, n: int) -> Polynomial:
        """The value of a node, its operands' first."""
        todo = [n]
        while todo:
            a = todo[-1]
            missing = [] if a in self._of else [b for b in self._needed(a) if b not in self._of]
            if missing:
                todo += reversed(missing)
                continue
            if a not in self._of:
                self._of[a] = self._made(a)
            todo.pop()
        return self._of[n]

    def bits_of(self, n: int) -> Fact:
        """The fact that a node's value, as it is known now, is within its bits."""
        found = self._bits_of.get(n)
        if found is None:
            reach = self._words.reach(n)
            found = self._bits_of[n] = self.kernel.given(self._of[n], 0, reach)
            self.given[found.number] = ["bits", n]
        return found

    def narrow(self, n: int, factor: int, f: Fact) -> None:
        """Of an input, what a fact says of a sum of inputs, this one with a factor: all are within their bits."""
        ((m, _),) = self.node(n).items()
        if len(m) != 1:
            return  # what is computed is a number, or a product
        x = self.kernel.atoms[m[0]]
        g = self.kernel.derive({m: 1}, [(1, f)], divisor=factor)
        if x.E is None and not g.impossible and (g.hi < x.hi or g.lo > x.lo):
            self.kernel.atoms[m[0]] = Atom(x.name, max(x.lo, g.lo), min(x.hi, g.hi), None, 0)
            self._log.append(["within", m[0], g])

    # -- what a node is made of

    def _needed(self, n: int) -> list[int]:
        """The nodes whose values the value of a node is made of."""
        match self.program[n]:
            case ("App", "mul", operands, _):
                return list(operands)
            case ("App", "zero", (a,), _):
                return self._alternatives(a)
            case ("Shl", a, _) | ("Shr", a, _):
                return [a]
            case ("Mask", a, bits):
                return [m for m, _ in self._summands(n)[0]] if bits == ones(bits.bit_length()) else [a]
            case ("Add", _, _, _) | ("Mulc", _, _, _):
                return [m for m, _ in self._summands(n)[0]]
            case ("And", a, b):
                return [a, b]
            case ("Xor", a, b):
                chosen = self._choice_of(n)
                if chosen is not None:
                    m, x, y = chosen
                    return [v for v in (m, x, y) if v]
                parts = self._or_of(n)
                return [a, b] if parts is None else [*parts[:2], *parts[2:]]
        return []

    def _summands(self, n: int) -> tuple[list[tuple[int, int]], int, int]:
        """A sum as (nodes with factors), a number, and the width modulo 2 to which it is one."""
        program, found, total = self.program, dict[int, int](), 0
        i = program[n]
        w: int = i[2].bit_length() if i[0] == "Mask" else i[1]
        full = 1 << w

        def balanced(k: int) -> int:
            k %= full
            return k - full if k > full >> 1 else k

        def part(a: int, k: int, depth: int) -> None:
            nonlocal total
            match program[a]:
                case ("Const", v):
                    total += k * balanced(v)
                case ("Mulc", width, b, f) if width >= w:
                    found[b] = found.get(b, 0) + k * (f if a == n else balanced(f))
                case ("Shl", b, by) if by < w:
                    found[b] = found.get(b, 0) + (k << by)
                case ("Add", width, b, c) if width >= w and depth:
                    for one, other in ((b, c), (c, b)):
                        part(one, k, depth - 1 if self._is_carry(other, w) else 0)
                case _:
                    found[a] = found.get(a, 0) + k

        if i[0] == "Mask":
            if program[i[1]][0] == "Shl":
                part(i[1], 1, 0)
            else:
                found[i[1]] = 1
        else:
            part(n, 1, 2)
        return [(a, k) for a, k in found.items() if k], total, w

    def _is_carry(self, a: int, w: int) -> bool:
        """Whether a summand is a carry: then both what it is added to and it are of one instruction's sum.

        So is the number 1 in a carry's own sum, which is a bit wider than a word; elsewhere it is a summand.
        """
        return self._words.reach(a) <= 1 and (w % 8 == 1 or self.program[a][0] != "Const")

    def _or_of(self, n: int) -> tuple[int, ...] | None:
        """a, b and the node a AND b, where n is XOR of these."""
        i = self.program[n]
        for x, k in (i[1:], i[:0:-1]) if i[0] == "Xor" else ():
            both = self.program[x][0] == "Xor" and self.program[k][0] == "And"
            if both and set(self.program[x][1:]) == set(self.program[k][1:]):
                return *self.program[x][1:], k
        return None

    def _alternatives(self, n: int) -> list[int]:
        """What a word is the OR of, as the checker takes it apart."""
        i = self.program[n]
        if i[0] == "Add" and self.program[i[3]] == ("Const", 0) and self._words.reach(i[2]) <= ones(i[1]):
            return self._alternatives(i[2])
        found = self._or_of(n)
        if found is None and i[0] == "Xor" and not self._words.reach(i[1]) & self._words.reach(i[2]):
            found = i[1:]
        return [n] if found is None else [x for a in found[:2] for x in self._alternatives(a)]

    def _choice_of(self, n: int) -> tuple[int, int, int] | None:
        """(m, a, b) where n is b XOR (m AND (a XOR b)); a is 0 where the number 0 or another number is chosen."""
        one, other = self.program[n][1:]
        for b, k in ((one, other), (other, one)):
            if self.program[k][0] != "And":
                continue
            for m, d in (self.program[k][1:], self.program[k][:0:-1]):
                if self._is_mask(m) and (d == b or self.program[d][0] == self.program[b][0] == "Const"):
                    return m, 0, b
                if self._is_mask(m) and self.program[d][0] == "Xor" and b in self.program[d][1:]:
                    x, y = self.program[d][1:]
                    return m, x if y == b else y, b
        return None

    def _is_mask(self, m: int) -> bool:
        i = self.program[m]
        return bool(i[0] == "Mulc" and i[3] == ones(i[1]) and self._words.reach(i[2]) <= 1)

    # -- values

    def _note_value(self, n: int, rule: str, *fields: object) -> None:
        self._log.append(["value", n, rule, *fields])

    def _atom_of(self, n: int) -> Polynomial:
        self._log.append(["atom", n])
        a = self.kernel.unknown("n", 0, self._words.reach(n))
        self._log.pop()  # the kernel's own record of it
        return {(a,): 1}

    def _made(self, n: int) -> Polynomial:
        found: Polynomial | None = None
        match self.program[n]:
            case ("Const", v):
                self._note_value(n, "const")
                return const(v)
            case ("App", "mul", (a, b), bits):
                if self._words.reach(a) * self._words.reach(b) <= bits == ones(bits.bit_length()):
                    x, y = self._factor_of(a), self._factor_of(b)
                    self._note_value(n, "product")
                    found = self.kernel.mul(x, y)
            case ("App", "zero", (a,), 1):
                found = self._is_zero(n, a)
            case ("Shl", a, by):
                self._note_value(n, "shifted")
                found = scale(self._of[a], 1 << by)
            case ("Shr", a, by):
                floor = self.floors.floor(self._of[a], 1 << by, "sh")
                self._note_value(n, "floor", floor.F, floor.fact)
                found = floor.F
            case ("Mask", a, bits) if bits != ones(bits.bit_length()):
                found = self._run(n, a, bits)
                found = self._picked(n, a, bits) if found is None else found
            case ("Add", _, _, _) | ("Mulc", _, _, _) | ("Mask", _, _):
                found = self._sum_of(n)
            case ("And", a, b):
                found = self._and_of(n, a, b)
            case ("Xor", a, b):
                found = self._xor_of(n, a, b)
        return self._atom_of(n) if found is None else found

    def _factor_of(self, a: int) -> Polynomial:
        """The value of a factor, by a name where it is a sum and factors get names."""
        p = self._of[a]
        if len(p) <= 1 or not self._name_factors:
            return p
        of = self.kernel.meet(self.ranges.bound(p), self.bits_of(a))
        x = self.name("f", p, of)
        self.ranges.closed.add(x)
        self.ranges.equal[x] = p, self.kernel.derive(add({(x,): 1}, p, -1), [(-1, x)])
        return self._rename(a, {(x,): 1}, [(1, x)])

    def name_number(self, n: int, of: Fact | None = None) -> Polynomial:
        """A name for a number of several words, with the bounds that the fact says of it, or else its bits."""
        p = self._of[n]
        x = self.name("A", p, of or self.bits_of(n))
        return self._rename(n, {(x,): 1}, [(1, x)])

    def _rename(self, n: int, P: Polynomial, terms: list[Summand]) -> Polynomial:
        self._note_value(n, "named", P, self.kernel.derive(add(self._of[n], P, -1), terms))
        self._of[n] = P
        self._bits_of.pop(n, None)
        return P

    def _sum_of(self, n: int) -> Polynomial:
        parts, number, w = self._summands(n)
        E, lo, hi = const(number), number, number
        terms: list[Summand] = []
        for a, k in parts:
            reach = self._words.reach(a)
            E = add(E, self._of[a], k)
            lo, hi = min(lo, lo + k * reach), max(hi, hi + k * reach)
            terms.append((k, self.bits_of(a)))
        full = 1 << w
        if lo // full == hi // full:
            P = add(E, const(-(lo // full) * full))
            fact = self.kernel.derive(P, terms)
        else:
            floor = self.floors.floor(E, full, "w")
            P, fact = add(E, floor.F, -full), floor.fact
        self._note_value(n, "sum", P, fact, w)
        return P

    def _run(self, n: int, a: int, bits: int) -> Polynomial | None:
        low, high = (bits & -bits).bit_length() - 1, bits.bit_length()
        if not bits or bits != ones(high) ^ ones(low):
            return None
        v = self._of[a]
        if low == 0 and self._words.reach(a) <= bits:
            zero: Polynomial = {}
            self._note_value(n, "part", v, zero, self.kernel.derive({}), self.bits_of(a))
            return v
        below = self.floors.floor(v, 1 << low, "sh")
        above = self.floors.floor(below.F, 1 << (high - low), "sh")
        W = add(below.F, above.F, -(1 << (high - low)))
        P = scale(W, 1 << low)
        # v - 2^h * T - P = v - 2^l * (below), and W is what is left of it
        self._note_value(n, "part", P, above.F, below.fact, above.fact)
        return P

    def _repeated(self, m: int, times: Polynomial | None = None) -> tuple[Polynomial, Fact, int] | None:
        """c, the fact that it is 0 or 1, and w: node m is (2^w - 1) * c.  c is an atom, 1 less one, or a number.

        Unless it is only taken `times` a power of two, up to its sign: then it stays the sum that it is.
        """
        w = self._words.reach(m).bit_length()
        v, full = self._of[m], ones(w)
        if not w or any(k % full for k in v.values()):
            return None
        c = {mo: k // full for mo, k in v.items()}
        single = times is not None and not any(times) and abs(times.get(ONE, 0)).bit_count() <= 1
        if not single and not self._plain(c):
            other = add(const(1), c, -1)
            of = self.kernel.derive(c, [(1, self.bits_of(m))], divisor=full)
            named = self._names.get(("b", frozenset(other.items())))
            if named is None:
                b = self.name("b", c, of)
                c = {(b,): 1}
                self._rename(m, scale(c, full), [(full, b)])
            else:
                # v = 2^w - 1 less the name's
                c = add(const(1), {(named,): 1}, -1)
                self._rename(m, scale(c, full), [(-full, named)])
        return c, self.kernel.derive(c, [(1, self.bits_of(m))], divisor=full), w

    def _picked(self, n: int, a: int, bits: int) -> Polynomial | None:
        """Bits of a mask made of one bit: that bit times their number."""
        found = self._repeated(a, const(bits))
        if found is None:
            return None
        c, fact, w = found
        self._note_value(n, "and", a, fact, w)
        return scale(c, bits & ones(w))

    def _and_of(self, n: int, a: int, b: int) -> Polynomial | None:
        if not self._words.reach(a) & self._words.reach(b):
            self._note_value(n, "apart")
            return {}
        for one, other in ((a, b), (b, a)):
            i = self.program[other]
            run = self._run(n, one, i[1]) if i[0] == "Const" else None
            if run is not None:
                return run
        for m, x in ((a, b), (b, a)):
            found = self._repeated(m, self._of[x])
            if found is not None:
                c, fact, w = found
                low = x
                if self._words.reach(x) > ones(w):
                    low = self.program.mask(x, ones(w))
                    self._log.append(["mask", low, x, ones(w)])
                    self.node(low)
                self._note_value(n, "and", m, fact, w)
                return self.kernel.mul(c, self._of[low])
        return None

    def _xor_of(self, n: int, a: int, b: int) -> Polynomial | None:
        chosen = self._choice_of(n)
        if chosen is not None:
            return self._chosen_of(n, *chosen)
        parts = self._or_of(n)
        if parts is not None:
            x, y, k = parts
            self._note_value(n, "or")
            return add(add(self._of[x], self._of[y]), self._of[k], -1)
        for x, bits in ((a, b), (b, a)):
            if self.program[bits][0] == "And" and x in self.program[bits][1:]:
                self._note_value(n, "less")
                return add(self._of[x], self._of[bits], -1)
        k = 0
        both: Polynomial = {}
        if self._words.reach(a) & self._words.reach(b):
            k = self.program.and_(a, b)
            self._log.append(["and", k, a, b])
            if k not in self._of:
                made = self._and_of(k, a, b)
                if made is None:
                    return None
                self._of[k] = made
            both = self._of[k]
        self._note_value(n, "xor", k)
        return add(add(self._of[a], self._of[b]), both, -2)

    def _chosen_of(self, n: int, m: int, a: int, b: int) -> Polynomial | None:
        y = self._of[b]
        if a:
            x = self._of[a]
        else:
            # The number 0, or what a number becomes: the other operand of the And is the number that differs.
            k = next(o for o in self.program[n][1:] if self.program[o][0] == "And" and m in self.program[o][1:])
            d = next(o for o in self.program[k][1:] if o != m)
            x = {} if d == b else const(self.program[d][1] ^ self.program[b][1])
        found = self._repeated(m, add(x, y, -1))
        if found is None:
            return None
        c, fact, w = found
        if max(self._words.reach(o) for o in (a, b) if o) > ones(w):
            return None
        self._note_value(n, "choice", fact, w)
        return add(y, self.kernel.mul(c, add(x, y, -1)))

    def _is_zero(self, n: int, a: int) -> Polynomial:
        if self._words.reach(a) == 1 and self._alternatives(a) == [a]:
            P = add(const(1), self._of[a], -1)
            # 1 - a is also a - 1 + 2 * (1 - a).
            self._note_value(n, "zero", P, self.kernel.derive(P, [(-1, self.bits_of(a))]), 1)
            return P
        total, most = const(-1), 0
        for x in self._alternatives(a):
            total, most = add(total, self._of[x]), most + self._words.reach(x)
        w = max(most.bit_length(), 1)
        floor = self.floors.floor(total, 1 << w, "eq")
        P = scale(floor.F, -1)
        self._note_value(n, "zero", P, floor.fact, w)
        return P
