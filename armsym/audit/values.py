"""Which integer a node of a raw program is: a polynomial in the atoms of an argument, by the node's operation alone.

    value N const              N is a Const
    value N sum P F W          N, below 2^W, is modulo 2^W a sum of what has values (through Add, Mulc, Mask, Shl, and
                               XOR with all ones); each coefficient of P less that sum is a multiple of 2^W, and fact F
                               says that P is from 0 to 2^W - 1
    value N shifted            N is a Shl
    value N floor P F          N is a Shr by n of a: fact F says that a - 2^n * P is from 0 to 2^n - 1
    value N part P T F G       N is a Mask, or And with a Const, of a, by bits h-1 to l: F says that a - 2^h * T - P is
                               from 0 to 2^l - 1, G that P / 2^l is from 0 to 2^(h-l) - 1
    value N product            N is App mul of two words whose product it has room for
    value N apart              N is an And of words that have no bit in common: 0
    value N and M F W          N is an And of x and M, where M is (2^W - 1) * c, and F says that c is 0 or 1: c * x, or
                               if x may have more than W bits, c times its Mask by 2^W - 1.  Or N is a Mask of M by a
                               number x: of it the low W bits count
    value N xor K              N is XOR of a and b, and K their And: a + b - 2 * K; K is 0 where they have no bit in
                               common
    value N or                 N is XOR of a XOR b and a AND b: a OR b, which is a + b - (a AND b)
    value N less               N is XOR of x and x AND y: x without these bits, which is x - (x AND y)
    value N choice F W         N is b XOR (m AND (a XOR b)), a, b below 2^W, m is (2^W - 1) * c, F says that c is 0 or
                               1: b + c * (a - b); a may be 0, and a and b numbers
    value N zero P F W         N is App zero of a, which is an OR of words (or one); S being their sum, and with room in
                               W bits, F says that S - 1 + 2^W * P is from 0 to 2^W - 1
    value N named P F          N has a value, and F says that it less P is 0: P from now on

Facts are ranges that always hold.  No other operation has a value of its own: such a node is an atom.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from armsym.audit.polynomials import Atoms, Fact, Polynomial, number, plus, scaled
from armsym.audit.raw import Program, ones
from armsym.audit.rules import RefusedError, need
from armsym.audit.words import Words

__all__ = ["MOST_WIDTH", "Values"]

#: The widest words, and how many instructions a sum or an OR is taken apart into.
MOST_WIDTH, MOST_PARTS = 1 << 16, 10_000


class Values:
    """The values of a program's nodes that are known as polynomials."""

    def __init__(self, program: Program, atoms: Atoms) -> None:
        self.program, self._atoms = program, atoms
        self._words = Words(program)
        self._known: dict[int, Polynomial] = {}

    def bits(self, n: int) -> int:
        """A number that has a 1 wherever the node may have one."""
        need(0 < n < len(self.program), f"there is no node {n}")
        return self._words.reach(n)

    def of(self, n: int) -> Polynomial:
        """The value of a node; raises RefusedError where it has none yet."""
        found = self._known.get(n)
        if found is None:
            raise RefusedError(f"node {n} has no value yet")
        return found

    def __iter__(self) -> Iterator[tuple[int, Polynomial]]:
        """The nodes that have values, with these."""
        return iter(self._known.items())

    def put(self, n: int, P: Polynomial) -> None:
        """Give a node its value, which is believed."""
        need(0 < n < len(self.program), f"there is no node {n}")
        need(n not in self._known, f"node {n} has a value already")
        self._known[n] = P

    def step(self, words: Sequence[str], polynomial: Callable[[str], Polynomial], fact: Callable[[str], Fact]) -> None:
        """The step `value`, without that word; `fact` gives ranges that always hold."""
        need(len(words) >= 2, "a value has a node and a rule")
        n, rule = number(words[0]), words[1]
        need(0 < n < len(self.program), f"there is no node {n}")
        shape = _SHAPES.get(rule)
        if shape is None:
            raise RefusedError(f"no such rule: {rule[:80]!r}")
        need(len(words) == len(shape) + 2, f"{rule} has {len(shape)} fields, not {len(words) - 2}")
        fields: list[object] = []
        for kind, word in zip(shape, words[2:], strict=True):
            fields.append(polynomial(word) if kind == "P" else fact(word) if kind == "F" else number(word))
            need(kind != "W" or 1 <= number(word) <= MOST_WIDTH, f"a word of {word} bits")
        P: Polynomial = getattr(self, f"_{rule}")(n, *fields)
        if rule == "named":
            self._known[n] = P
        else:
            self.put(n, P)

    # -- rules

    def _const(self, n: int) -> Polynomial:
        kind, value, *_ = self.program[n]
        need(kind == "Const", f"node {n} is no Const")
        return {(): int(value)} if value else {}

    def _sum(self, n: int, P: Polynomial, f: Fact, w: int) -> Polynomial:
        need(self.bits(n) <= ones(w), f"node {n} may have more than {w} bits")
        need(f.P == P, "a fact about another polynomial")
        _within(f, ones(w))
        rest = plus(P, self._modulo(n, w), -1)
        need(not self._atoms.residue(rest, 1 << w), f"the polynomial is not node {n} modulo 2^{w}")
        return P

    def _modulo(self, n: int, w: int) -> Polynomial:
        """The node modulo 2^w, of what has values."""
        total: Polynomial = {}
        todo, most = [(n, 1)], ones(w)
        for _ in range(MOST_PARTS):
            if not todo:
                return total
            a, k = todo.pop()
            if a in self._known:
                total = plus(total, self._known[a], k & most)
                continue
            match self.program[a]:
                case ("Const", value):
                    total = plus(total, {(): int(value)} if value else {}, k & most)
                case ("Add", width, b, c) if width >= w:
                    todo += (b, k), (c, k)
                case ("Mulc", width, b, factor) if width >= w:
                    todo.append((b, k * factor & most))
                case ("Shl", b, by):
                    todo.append((b, k << min(by, w) & most))
                case ("Mask", b, bits) if bits & most == most:
                    todo.append((b, k))
                case ("Xor", b, c) if self._is_all_ones(c, most) or self._is_all_ones(b, most):
                    # All ones XOR b is -1 - b.
                    total = plus(total, {(): 1}, -k)
                    todo.append((b if self._is_all_ones(c, most) else c, -k & most))
                case other:
                    raise RefusedError(f"node {a}, {other!r:.100}, has no value, and is no sum")
        raise RefusedError(f"a sum of more than {MOST_PARTS} instructions")

    def _is_all_ones(self, n: int, most: int) -> bool:
        kind, value, *_ = self.program[n]
        return bool(kind == "Const" and value & most == most)

    def _shifted(self, n: int) -> Polynomial:
        kind, a, by, *_ = (*self.program[n], 0)
        need(kind == "Shl" and by <= MOST_WIDTH, f"node {n} is no Shl")
        return scaled(self.of(a), 1 << by)

    def _floor(self, n: int, P: Polynomial, f: Fact) -> Polynomial:
        kind, a, by, *_ = (*self.program[n], 0)
        need(kind == "Shr" and by <= MOST_WIDTH, f"node {n} is no Shr")
        need(plus(self.of(a), P, -(1 << by)) == f.P, "a fact about another polynomial")
        _within(f, ones(by))
        return P

    def _part(self, n: int, P: Polynomial, T: Polynomial, f: Fact, g: Fact) -> Polynomial:
        a, bits = self._masked(n)
        low, high = (bits & -bits).bit_length() - 1, bits.bit_length()
        need(0 < bits == ones(high) ^ ones(low), f"{bits:#x} is no run of ones")
        need(plus(plus(self.of(a), T, -(1 << high)), P, -1) == f.P, "a fact about another polynomial")
        _within(f, ones(low))
        need(scaled(g.P, 1 << low) == P, "a fact about another polynomial")
        _within(g, ones(high - low))
        return P

    def _masked(self, n: int) -> tuple[int, int]:
        match self.program[n]:
            case ("Mask", a, bits):
                return a, bits
            case ("And", a, b):
                for one, other in ((a, b), (b, a)):
                    if self.program[other][0] == "Const":
                        return one, int(self.program[other][1])
        raise RefusedError(f"node {n} is no Mask")

    def _product(self, n: int) -> Polynomial:
        match self.program[n]:
            case ("App", "mul", (a, b), bits):
                most = self.bits(a) * self.bits(b)
                need(bits == ones(bits.bit_length()) and most <= bits, f"node {n} has no room for the product")
                return self._atoms.mul(self.of(a), self.of(b))
        raise RefusedError(f"node {n} is no product")

    def _operands(self, n: int, kind: str) -> tuple[int, int]:
        i = self.program[n]
        need(i[0] == kind, f"node {n} is no {kind}")
        return int(i[1]), int(i[2])

    def _apart(self, n: int) -> Polynomial:
        a, b = self._operands(n, "And")
        need(not self.bits(a) & self.bits(b), f"the operands of node {n} may have bits in common")
        return {}

    def _bit(self, m: int, f: Fact, w: int) -> Polynomial:
        """c, where node m is (2^w - 1) * c, and c is 0 or 1."""
        need(scaled(f.P, ones(w)) == self.of(m), f"node {m} is not the fact's polynomial repeated {w} times")
        _within(f, 1)
        return f.P

    def _and(self, n: int, m: int, f: Fact, w: int) -> Polynomial:
        i = self.program[n]
        if i[0] == "Mask":
            need(i[1] == m, f"node {m} is no operand of node {n}")
            return scaled(self._bit(m, f, w), i[2] & ones(w))
        a, b = self._operands(n, "And")
        need(m in (a, b), f"node {m} is no operand of node {n}")
        x = a if m == b else b
        low = x if self.bits(x) <= ones(w) else self.program.mask(x, ones(w))
        return self._atoms.mul(self._bit(m, f, w), self.of(low))

    def _xor(self, n: int, k: int) -> Polynomial:
        a, b = self._operands(n, "Xor")
        both = plus(self.of(a), self.of(b))
        if not k:
            need(not self.bits(a) & self.bits(b), f"the operands of node {n} may have bits in common")
            return both
        need(0 < k < len(self.program) and set(self._operands(k, "And")) == {a, b}, f"node {k} is another And")
        return plus(both, self.of(k), -2)

    def _disjunction(self, n: int) -> tuple[int, int, int] | None:
        """a, b and the node a AND b, where n is a OR b; 0 for the And where they have no bit in common."""
        i = self.program[n]
        if i[0] != "Xor":
            return None
        for x, k in (i[1:], i[:0:-1]):
            if self.program[x][0] == "Xor" and self.program[k][0] == "And":
                a, b = self._operands(x, "Xor")
                if set(self._operands(k, "And")) == {a, b}:
                    return a, b, k
        return None if self.bits(i[1]) & self.bits(i[2]) else (i[1], i[2], 0)

    def _less_nothing(self, n: int) -> int:
        """The node, or what it is the sum of with the number 0: what a comparison with 0 leaves."""
        match self.program[n]:
            case ("Add", w, a, b) if self.program[b] == ("Const", 0) and self.bits(a) <= ones(w):
                return int(a)
        return n

    def _or(self, n: int) -> Polynomial:
        found = self._disjunction(n)
        if found is None:
            raise RefusedError(f"node {n} is no OR")
        a, b, k = found
        both = plus(self.of(a), self.of(b))
        return plus(both, self.of(k), -1) if k else both

    def _less(self, n: int) -> Polynomial:
        one, other = self._operands(n, "Xor")
        for x, k in ((one, other), (other, one)):
            if self.program[k][0] == "And" and x in self.program[k][1:]:
                return plus(self.of(x), self.of(k), -1)
        raise RefusedError(f"node {n} is no XOR of a word and some of its bits")

    def _choice(self, n: int, f: Fact, w: int) -> Polynomial:
        for b, m, a in self._choices(n):
            if m in self._known and scaled(f.P, ones(w)) == self._known[m]:
                of_b = self._word(b, w)
                of_a = self._word(a, w) if isinstance(a, int) else {k: v for k, v in a.items() if v}
                need(isinstance(a, int) or self._atoms.ends(a)[1] <= ones(w), f"a number of more than {w} bits")
                return plus(of_b, self._atoms.mul(self._bit(m, f, w), plus(of_a, of_b, -1)))
        raise RefusedError(f"node {n} is no choice by what the fact is about")

    def _choices(self, n: int) -> Iterator[tuple[int, int, int | Polynomial]]:
        """b, m and a (a node, or a number) for each way in which n is b XOR (m AND (a XOR b))."""
        one, other = self._operands(n, "Xor")
        for b, k in ((one, other), (other, one)):
            if self.program[k][0] != "And":
                continue
            for m, d in (self.program[k][1:], self.program[k][:0:-1]):
                i, of_b = self.program[d], self.program[b]
                if d == b:
                    yield b, m, {(): 0}
                elif i[0] == of_b[0] == "Const":
                    yield b, m, {(): i[1] ^ of_b[1]}
                elif i[0] == "Xor" and b in i[1:]:
                    yield b, m, int(i[1] if i[2] == b else i[2])

    def _word(self, n: int, w: int) -> Polynomial:
        need(self.bits(n) <= ones(w), f"node {n} may have more than {w} bits")
        return self.of(n)

    def _zero(self, n: int, P: Polynomial, f: Fact, w: int) -> Polynomial:
        i = self.program[n]
        need(i[0] == "App" and i[1] == "zero" and len(i[2]) == 1 and i[3] & 1 == 1, f"node {n} is no zero")
        total: Polynomial = {(): -1}
        most, todo = 0, [int(i[2][0])]
        for _ in range(MOST_PARTS):
            if not todo:
                break
            a = self._less_nothing(todo.pop())
            parts = self._disjunction(a)
            if parts is not None:
                todo += parts[:2]
                continue
            total, most = plus(total, self.of(a)), most + self.bits(a)
        need(not todo and most <= ones(w), f"the words of node {n} have more than {w} bits in all")
        need(plus(total, P, 1 << w) == f.P, "a fact about another polynomial")
        _within(f, ones(w))
        return P

    def _named(self, n: int, P: Polynomial, f: Fact) -> Polynomial:
        need(plus(self.of(n), P, -1) == f.P, "a fact about another polynomial")
        _within(f, 0)
        return P


#: The fields of each rule: P polynomial, F fact, W width, n another number.
_SHAPES = {
    "const": "",
    "sum": "PFW",
    "shifted": "",
    "floor": "PF",
    "part": "PPFF",
    "product": "",
    "apart": "",
    "and": "nFW",
    "xor": "n",
    "or": "",
    "less": "",
    "choice": "FW",
    "zero": "PFW",
    "named": "PF",
}


def _within(f: Fact, most: int) -> None:
    need(f.lo >= 0 and f.hi <= most, f"the fact's bounds are {f.lo:#x} and {f.hi:#x}, not within 0 and {most:#x}")
