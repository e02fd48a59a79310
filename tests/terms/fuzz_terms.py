"""Random DAGs of operations, built in normal form and compared with their meaning on Python ints.

`MEANING` is written from the definitions of the operations, with no code of armsym: a DAG is evaluated by it
at edges and random numbers, and the term built for each node is evaluated there too, after a substitution
as well.  Half of the nodes are random, half are shapes in which rules meet at the edge of what they ask for.

    python tests/terms/fuzz_terms.py [count] [first seed]
"""

from __future__ import annotations

import random
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from armsym.terms import ops
from armsym.terms.evaluate import Evaluator, Substitution
from armsym.terms.linear import linear_view
from armsym.terms.node import Op, Term, Value, Var, intern, new_table

__all__ = ["MEANING", "Dag", "Mismatch", "Node", "check", "fuzz", "grow", "meaning", "points", "random_dag"]

WIDTHS = (1, 2, 3, 4, 5, 8, 16, 32, 64)
#: Assignments that each DAG is evaluated at.
POINTS = 10


class Mismatch(Exception):
    """A term does not mean what it was built to mean."""


def _signed(v: int, w: int) -> int:
    return v - (1 << w) if v >> (w - 1) else v


def _clmul(a: int, b: int) -> int:
    total = 0
    for k in range(b.bit_length()):
        if b >> k & 1:
            total ^= a << k
    return total


def _concat(parts: tuple[tuple[int, int], ...]) -> int:
    total = 0
    for w, v in parts:
        total = total << w | v
    return total


#: Kind -> the number that the operation gives; w is the width of its (data) operands.  Results are cut to
#: the node's width.
MEANING: dict[str, Callable[..., int]] = {
    "add": lambda w, a, b: a + b,
    "sub": lambda w, a, b: a - b,
    "neg": lambda w, a: -a,
    "mul": lambda w, a, b: a * b,
    "udiv": lambda w, a, b: a // b if b else 0,
    "clmul": lambda w, a, b: _clmul(a, b),
    "xor": lambda w, a, b: a ^ b,
    "and_": lambda w, a, b: a & b,
    "or_": lambda w, a, b: a | b,
    "shl_by": lambda w, a, b: a << min(b, w),
    "lshr_by": lambda w, a, b: a >> min(b, w),
    "ashr_by": lambda w, a, b: _signed(a, w) >> min(b, w),
    "rotr_by": lambda w, a, b: (a << w | a) >> b % w,
    "lsl": lambda w, a, n: a << n,
    "lsr": lambda w, a, n: a >> n,
    "asr": lambda w, a, n: _signed(a, w) >> n,
    "ror": lambda w, a, n: (a << w | a) >> n,
    "extract": lambda w, a, lo, n: a >> lo,
    "zext": lambda w, a, to: a,
    "sext": lambda w, a, to: _signed(a, w),
    "eq": lambda w, a, b: int(a == b),
    "ult": lambda w, a, b: int(a < b),
    "slt": lambda w, a, b: int(_signed(a, w) < _signed(b, w)),
    "ite": lambda w, c, a, b: a if c else b,
}


@dataclass(frozen=True)
class Node:
    """An operation: `args` are numbers of earlier nodes, `params` plain numbers after them."""

    kind: str
    width: int
    w: int
    args: tuple[int, ...] = ()
    params: tuple[int, ...] = ()
    widths: tuple[int, ...] = ()

    def value(self, args: list[int]) -> int:
        """The number it gives on numbers."""
        if self.kind == "const":
            v = self.params[0]
        elif self.kind == "concat":
            v = _concat(tuple(zip(self.widths, args, strict=True)))
        elif self.kind == "table":
            v = self.params[args[0]] if args[0] < len(self.params) else 0
        elif self.kind == "select":
            v = args[1 + args[0]] if args[0] < len(args) - 1 else 0
        else:
            v = MEANING[self.kind](self.w, *args, *self.params)
        return v % (1 << self.width)

    def build(self, args: list[Value]) -> Value:
        """The term it gives; on constants, which the operations need not take, the number."""
        if all(isinstance(a, int) for a in args):
            return self.value([a for a in args if isinstance(a, int)])
        if self.kind == "concat":
            return ops.concat(self.width, list(zip(self.widths, args, strict=True)))
        if self.kind == "table":
            entries = sum(e << k * self.width for k, e in enumerate(self.params))
            return ops.table(self.width, self.w, args[0], entries)
        if self.kind == "select":
            return ops.select(self.width, args[0], args[1:])
        result: Value = getattr(ops, self.kind)(self.w, *args, *self.params)
        return result


@dataclass
class Dag:
    """Nodes in an order in which each comes after its arguments; variables have possible bits."""

    rng: random.Random
    widths: tuple[int, ...] = WIDTHS
    nodes: list[Node] = field(default_factory=list)
    possible: dict[int, int] = field(default_factory=dict)

    def new(self, kind: str, width: int, w: int, *args: int, params: tuple[int, ...] = ()) -> int:
        widths = tuple(self.nodes[a].width for a in args)
        self.nodes.append(Node(kind, width, w, args, params, widths))
        return len(self.nodes) - 1

    def var(self, w: int, possible: int) -> int:
        n = self.new("var", w, w)
        self.possible[n] = possible
        return n

    # -- leaves -----------------------------------------------------------------------------------

    def number(self, w: int) -> int:
        """A number of w bits, often at an edge."""
        full = (1 << w) - 1
        k = self.rng.randrange(w)
        bit = 1 << k
        choices = (0, 1, full, bit, bit - 1, full ^ bit, full & -bit, full - 1, 3 << k & full, 1 << w - 1)
        return self.rng.choice(choices) if self.rng.random() < 0.7 else self.rng.getrandbits(w)

    def const(self, w: int, v: int | None = None) -> int:
        return self.new("const", w, w, params=(self.number(w) if v is None else v % (1 << w),))

    def some(self, w: int, *, term: bool = False) -> int:
        """A node of w bits: one that is there, resized if it must be, or a constant."""
        if not term and self.rng.random() < 0.12:
            return self.const(w)
        fit = [i for i, n in enumerate(self.nodes) if n.width == w and n.kind != "const"]
        if fit and self.rng.random() < 0.85:
            return self.rng.choice(fit[-6:] if self.rng.random() < 0.5 else fit)
        i = self.rng.choice([i for i, n in enumerate(self.nodes) if n.kind != "const"])
        return self.fit(i, w)

    def fit(self, i: int, w: int) -> int:
        """Node i in w bits."""
        have = self.nodes[i].width
        if have == w:
            return i
        if have > w:
            lo = self.rng.choice((0, 0, have - w, self.rng.randint(0, have - w)))
            return self.new("extract", w, have, i, params=(lo, w))
        kind = self.rng.choice(("zext", "zext", "sext"))
        return self.new(kind, w, have, i, params=(w,))

    # -- random nodes -----------------------------------------------------------------------------

    def random(self) -> int:
        r, w = self.rng, self.rng.choice(self.widths)
        kind = r.choice((*MEANING, "concat", "table", "select", "add", "sub", "mulc", "and_", "concat"))
        if kind == "mulc":
            return self.new("mul", w, w, self.some(w, term=True), self.const(w))
        if kind == "concat":
            parts = [self.some(r.choice(self.widths[:6])) for _ in range(r.randint(1, 4))]
            total = sum(self.nodes[p].width for p in parts)
            return self.new("concat", total, total, *parts)
        if kind == "table":
            n = r.choice((1, 2, 3, 4))
            entries = tuple(self.number(w) for _ in range(r.choice((1, 2, (1 << n) - 1, 1 << n))))
            return self.new("table", w, n, self.some(n), params=entries)
        if kind == "select":
            elements = [self.some(w) for _ in range(r.randint(1, 5))]
            low = self.some(r.choice((1, 2, 3)), term=True)
            have = self.nodes[low].width
            index = self.new("zext", 64, have, low, params=(64,)) if r.random() < 0.9 else self.some(64)
            return self.new("select", w, w, index, *elements)
        if kind in ("eq", "ult", "slt"):
            return self.new(kind, 1, w, self.some(w), self.some(w))
        if kind == "ite":
            return self.new("ite", w, w, self.some(1), self.some(w), self.some(w))
        if kind == "clmul":
            w = min(w, 32)
            return self.new("clmul", 2 * w, w, self.some(w), self.some(w))
        if kind in ("lsl", "lsr", "asr", "ror"):
            n = r.choice((0, 1, w - 1, r.randrange(w))) if kind == "ror" or r.random() < 0.9 else w
            return self.new(kind, w, w, self.some(w), params=(n % w if kind == "ror" else n,))
        if kind in ("extract", "zext", "sext"):
            return self.fit(self.some(r.choice(self.widths)), w)
        if kind == "rotr_by":
            w = r.choice([w for w in (2, 4, 8, 16, 32, 64) if w <= self.widths[-1]])
        if kind == "neg":
            return self.new("neg", w, w, self.some(w))
        return self.new(kind, w, w, self.some(w), self.some(w))

    # -- shapes -----------------------------------------------------------------------------------

    def add(self, *args: int) -> int:
        total, w = args[0], self.nodes[args[0]].width
        for a in args[1:]:
            total = self.new("add", w, w, total, a)
        return total

    def times(self, a: int, k: int) -> int:
        w = self.nodes[a].width
        return self.new("mul", w, w, a, self.const(w, k))

    def lsl(self, a: int, n: int) -> int:
        w = self.nodes[a].width
        return self.new("lsl", w, w, a, params=(n,))

    def masked_multiple(self, w: int) -> int:
        """(y & -2**j) * odd * 2**k around j + k = w, perhaps in a wider word."""
        j = self.rng.randrange(w)
        top = self.rng.choice((w, min(w, j + 1), min(w, j + 2)))
        mask = (1 << top) - 1 & -(1 << j)
        y = self.new("and_", w, w, self.some(w, term=True), self.const(w, mask))
        k = min(max(w - j + self.rng.choice((-2, -1, 0, 0, 1)), 0), w - 1)
        product = self.times(y, self.rng.choice((1, 3, 5, -1)) << k)
        return self.fit(product, self.rng.choice([v for v in self.widths if v >= w]))

    def compared(self, w: int) -> int:
        """A sum with such a summand against a constant, or against another sum."""
        m = self.masked_multiple(w)
        w = self.nodes[m].width
        total = self.add(m, self.times(self.some(w, term=True), self.number(w)), self.const(w))
        other = self.some(w) if self.rng.random() < 0.5 else self.const(w)
        return self.new(self.rng.choice(("eq", "eq", "ult", "slt")), 1, w, total, other)

    def parts_of(self, x: int, k: int) -> int:
        """Shifted parts of x, put together or added."""
        w, r = self.nodes[x].width, self.rng
        low = self.new("extract", w - k, w, x, params=(0, w - k))
        high = self.new("extract", k, w, x, params=(w - k, k))
        how = r.randrange(5)
        if how == 0:
            return self.new("concat", w, w, low, high)
        if how == 1:
            return self.new("concat", w, w, high, low)
        if how == 2:
            return self.new("concat", w, w, low, self.const(k))
        shifted = self.new("lsr", w, w, x, params=(r.choice((k, w - k)),))
        return self.add(self.lsl(x, k), shifted) if how == 3 else shifted

    def choice_of_sums(self, w: int) -> int:
        """ite(c, s, s + x) with s a (negated) sum of shifted parts of x, and chains of it."""
        x = self.some(w, term=True)
        s = self.parts_of(x, self.rng.randint(1, w - 1))
        for _ in range(self.rng.randrange(3)):
            s = self.add(s, self.rng.choice((x, self.some(w), self.parts_of(x, self.rng.randint(1, w - 1)))))
        if self.rng.random() < 0.6:
            s = self.new("neg", w, w, s)
        for _ in range(self.rng.randint(1, 3)):
            more = self.add(s, self.rng.choice((x, self.lsl(x, 1), self.some(w))))
            pair = (s, more) if self.rng.random() < 0.5 else (more, s)
            s = self.new("ite", w, w, self.some(1), *pair)
        return s

    def halves_of_a_sum(self, w: int) -> int:
        """concat of the high part of a sum and its low part, read or added anew; against the sum."""
        a, b = self.some(w, term=True), self.some(w)
        k = self.rng.randint(1, w - 1)
        s = self.add(a, b) if self.rng.random() < 0.7 else self.new("sub", w, w, a, self.times(b, 3))

        def cut(i: int) -> int:
            return self.new("extract", k, w, i, params=(0, k))

        s2 = self.add(a, b)
        if self.rng.random() < 0.5:
            low = cut(s2)
            high = self.new("extract", w - k, w, s2, params=(k, w - k))
        else:
            high = self.new("extract", w - k, w, s2, params=(k, w - k))
            low = self.new("add", k, k, cut(a), cut(b))
        turned = self.rng.random() < 0.3
        whole = self.new("concat", w, w, *((low, high) if turned else (high, low)))
        whole = self.add(whole, self.some(w)) if self.rng.random() < 0.3 else whole
        self.new("eq", 1, w, whole, s)
        return self.new("xor", w, w, whole, s)

    def beside_a_constant(self, w: int) -> int:
        """x * 2**k + c at c = 2**k - 1, 2**k, 2**k + 1; shifted back."""
        k = self.rng.randrange(w)
        c = (1 << k) + self.rng.choice((-1, -1, 0, 1))
        base = self.some(w, term=True)
        if self.rng.random() < 0.5:
            base = self.new("lsr", w, w, base, params=(min(k + self.rng.choice((0, 1)), w),))
        total = self.add(self.lsl(base, k), self.const(w, c))
        if self.rng.random() < 0.5:
            total = self.add(total, self.lsl(self.some(w), k))
        return self.new("lsr", w, w, total, params=(self.rng.choice((k, min(k + 1, w), max(k - 1, 0))),))

    def low_beside_high(self, w: int) -> int:
        """low + 2**k * high where low may have k - 1, k or k + 1 bits."""
        k = self.rng.randrange(w)
        bits = min(max(k + self.rng.choice((-1, 0, 0, 1)), 0), w)
        low = self.new("and_", w, w, self.some(w, term=True), self.const(w, (1 << bits) - 1))
        high = self.times(self.some(w, term=True), self.rng.choice((1, 3, 7, -1)) << k)
        return self.add(low, high, self.rng.choice((self.const(w), self.const(w, 1 << k), self.lsl(self.some(w), k))))

    def near_its_bound(self, w: int) -> int:
        """A word against a constant around the most it may be."""
        mask = self.number(w) or 1
        x = self.new("and_", w, w, self.some(w, term=True), self.const(w, mask))
        c = self.const(w, mask + self.rng.choice((-1, 0, 1)))
        pair = (x, c) if self.rng.random() < 0.5 else (c, x)
        return self.new(self.rng.choice(("ult", "ult", "eq", "slt")), 1, w, *pair)

    def complements(self, w: int) -> int:
        """NOT, negation and what they leave of a sum."""
        x = self.some(w, term=True)
        flipped = self.new("xor", w, w, x, self.const(w, self.rng.choice((-1, -1, 1 << w - 1, -2))))
        t = self.add(flipped, self.rng.choice((x, self.const(w, 1), self.some(w))))
        return self.new("neg", w, w, t) if self.rng.random() < 0.5 else t

    def shape(self) -> int:
        shapes = (
            self.compared,
            self.masked_multiple,
            self.choice_of_sums,
            self.halves_of_a_sum,
            self.beside_a_constant,
            self.low_beside_high,
            self.near_its_bound,
            self.complements,
        )
        return self.rng.choice(shapes)(self.rng.choice(self.widths[1:]))


def random_dag(seed: int) -> Dag:
    """The DAG of a seed: a few variables, random nodes and shapes."""
    r = random.Random(seed)
    return grow(Dag(r), (1, r.choice(WIDTHS[1:6]), r.choice(WIDTHS[1:6]), r.choice(WIDTHS[1:]), r.choice(WIDTHS[1:])))


def grow(d: Dag, variables: Iterable[int]) -> Dag:
    """Variables of these widths, random nodes and shapes put into an empty DAG."""
    r = d.rng
    for w in variables:
        full = (1 << w) - 1
        k = r.randrange(w)
        d.var(w, r.choice((full, full, full, full & -(1 << k), full >> k, r.getrandbits(w) or 1)))
    for _ in range(r.randint(3, 8)):
        if r.random() < 0.5:
            d.random()
        else:
            d.shape()
    return d


def points(d: Dag) -> list[dict[int, int]]:
    """Assignments of the variables: zeros, ones, and mixtures of edges and random numbers."""
    out: list[dict[int, int]] = [dict.fromkeys(d.possible, 0), dict(d.possible)]
    while len(out) < POINTS:
        out.append({n: d.number(d.nodes[n].width) & p for n, p in d.possible.items()})
    return out


def meaning(d: Dag, at: dict[int, int]) -> list[int]:
    """The numbers of all nodes."""
    values: list[int] = []
    for i, n in enumerate(d.nodes):
        values.append(at[i] if n.kind == "var" else n.value([values[a] for a in n.args]))
    return values


def build(d: Dag) -> tuple[list[Value], dict[int, Var]]:
    """The terms of a DAG in a new table, node by node; and its variables by the number of their node."""
    new_table()
    built: list[Value] = []
    variables: dict[int, Var] = {}
    for i, n in enumerate(d.nodes):
        if n.kind == "var":
            variables[i] = Var(f"v{i}", n.width, pb=d.possible[i])
            built.append(variables[i])
        else:
            built.append(n.build([built[a] for a in n.args]))
    return built, variables


def check(d: Dag, seen: Counter[str] | None = None) -> None:
    """Build the terms of a DAG and compare; raises `Mismatch`, or whatever building raises."""
    built, variables = build(d)
    if seen is not None:
        for t in built:
            seen[t.kind if isinstance(t, Op) else type(t).__name__] += 1
    where = points(d)
    expected = [meaning(d, at) for at in where]
    for at, values in zip(where, expected, strict=True):
        evaluate = Evaluator({variables[k]: v for k, v in at.items()})
        for i, (v, want) in enumerate(zip(built, values, strict=True)):
            got = evaluate(v)
            if got != want:
                raise Mismatch(f"node {i}, {d.nodes[i]}, is {v} = {got:#x}, not {want:#x}, at {at}")
            if isinstance(v, Term):
                if want & ~intern(v).pb:
                    raise Mismatch(f"node {i}, {d.nodes[i]}: {want:#x} has a bit beyond {intern(v).pb:#x}, at {at}")
                terms, const = linear_view(v)
                total = const + sum(c * evaluate(t) for t, c in terms.items())
                if total % (1 << v.width) != want:
                    raise Mismatch(f"node {i}, {d.nodes[i]}, as a sum is {total:#x}, not {want:#x}, at {at}")
    _check_substituted(d, built, variables, where[-1])


def _check_substituted(d: Dag, built: list[Value], variables: dict[int, Var], at: dict[int, int]) -> None:
    """A variable without known zeros replaced by a term or a number of its width: all nodes mean the same as there."""
    free = [k for k, p in d.possible.items() if p == (1 << d.nodes[k].width) - 1]
    if not free:
        return
    k = d.rng.choice(free)
    w = d.nodes[k].width
    others = [i for i, n in enumerate(d.nodes) if n.width == w and i != k]
    i = d.rng.choice(others) if others else k
    before = meaning(d, at)
    replaced = Substitution({variables[k]: built[i]})
    after = meaning(d, {**at, k: before[i]})
    evaluate = Evaluator({variables[n]: v for n, v in at.items()})
    for j, (v, want) in enumerate(zip(built, after, strict=True)):
        got = evaluate(replaced(v))
        if got != want:
            raise Mismatch(f"node {j}, {d.nodes[j]}, with v{k} = {built[i]} is {got:#x}, not {want:#x}, at {at}")


def fuzz(count: int, first: int = 0, seen: Counter[str] | None = None) -> list[tuple[int, str]]:
    """The seeds from `first` on whose DAG fails, with the failure."""
    failed = []
    for seed in range(first, first + count):
        try:
            check(random_dag(seed), seen)
        except (Mismatch, AssertionError, RecursionError, ArithmeticError, LookupError, TypeError, ValueError) as e:
            failed.append((seed, f"{type(e).__name__}: {e}"))
    return failed


def main(count: int, first: int) -> int:
    """Report while it runs; 1 if anything failed."""
    began, bad, done = time.monotonic(), 0, 0
    while done < count:
        n = min(1000, count - done)
        for seed, why in fuzz(n, first + done):
            bad += 1
            print(f"seed {seed}: {why}")
        done += n
        if done % 10000 == 0 or done == count:
            print(f"{done} DAGs, {bad} failed, {time.monotonic() - began:.0f} s", flush=True)
    return int(bad > 0)


if __name__ == "__main__":
    numbers = [int(a) for a in sys.argv[1:]]
    sys.exit(main(numbers[0] if numbers else 100_000, numbers[1] if len(numbers) > 1 else 0))
