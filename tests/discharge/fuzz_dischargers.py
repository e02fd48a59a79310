"""Random claims put to each discharger, and answered by trying all values.

Claims are made of DAGs of `tests/terms/fuzz_terms.py` over at most eleven bits of variables, and of shapes that are
true, or false in one place only.  What is so is found by that file's evaluator on Python ints, for every
assignment of the variables: no code of armsym has a part in it.

    python tests/discharge/fuzz_dischargers.py [count] [first seed]
"""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from pathlib import Path
from random import Random
from unittest import mock

sys.path.insert(0, str(Path(__file__).parents[1] / "terms"))
from fuzz_terms import Dag, Node, grow, meaning
from z3 import Z3Exception

from armsym.bits import Bits, OpaqueFunction, opaque
from armsym.discharge.algebra import equal
from armsym.discharge.integers import Integers
from armsym.discharge.truth_tables import always
from armsym.discharge.z3_bridge import Model, Outcome, Solver
from armsym.proof.path import Knowledge
from armsym.terms import ops, poly
from armsym.terms.node import Value, Var, new_table

__all__ = ["ASK", "WIDTHS", "False_", "Question", "fuzz", "question"]

WIDTHS = (1, 2, 3, 4, 5, 8)
#: Bits that all variables of a question have together.
FREE = 11
MS = 3000

#: An opaque function without a law, and the product of GF(8): on numbers, and as armsym knows them.
_SBOX = (5, 0, 6, 3, 7, 2, 4, 1, 1, 7, 0, 2, 6, 5, 3, 4)


def _gf8(a: int, b: int) -> int:
    total = 0
    for k in range(3):
        total ^= (a << k) * (b >> k & 1)
    for k in (4, 3):
        total ^= (0b1011 << k - 3) * (total >> k & 1)
    return total


OPAQUE: dict[str, tuple[int, Callable[..., int]]] = {
    "fuzz_sbox": (3, lambda a: _SBOX[a]),
    "fuzz_gf8": (3, _gf8),
    # Bilinear, but without a unit: not a ring's product.
    "fuzz_low": (3, lambda a, b: _gf8(a, b) & 3),
}
_sbox = opaque("fuzz_sbox", 3)(lambda a: Bits(3, _SBOX[a.uint]))


@opaque("fuzz_gf8", 3)
def _product(a: Bits, b: Bits) -> Bits:
    out = Bits(3, 0)
    for k in range(3):
        out = out ^ (a & b[k].sign_extend(3))
        a = (a << 1) ^ (a[2].sign_extend(3) & 3)
    return out


@opaque("fuzz_low", 3)
def _low(a: Bits, b: Bits) -> Bits:
    return _product.definition(a, b) & 3


FUNCTIONS: dict[str, OpaqueFunction] = {"fuzz_sbox": _sbox, "fuzz_gf8": _product, "fuzz_low": _low}


class False_(Exception):
    """A discharger says what is not so."""


@dataclass(frozen=True)
class Applied(Node):
    """An opaque function of earlier nodes."""

    def value(self, args: list[int]) -> int:
        """By its definition."""
        return OPAQUE[self.kind][1](*args)

    def build(self, args: list[Value]) -> Value:
        """The application, or a number."""
        if all(isinstance(a, int) for a in args):
            return self.value([a for a in args if isinstance(a, int)])
        return ops.apply(
            self.kind, self.width, list(zip(self.widths, args, strict=True)), definition=FUNCTIONS[self.kind]
        )


class Claims(Dag):
    """A DAG that also has opaque functions, and shapes that end in a claim."""

    def apply(self, name: str, *args: int) -> int:
        """An opaque function."""
        w = OPAQUE[name][0]
        self.nodes.append(Applied(name, w, w, args, (), tuple(self.nodes[a].width for a in args)))
        return len(self.nodes) - 1

    def same(self, i: int) -> int:
        """Node i computed in another way."""
        n, r = self.nodes[i], self.rng
        w, args = n.width, n.args
        if n.kind in OPAQUE and len(args) == 2 and n.kind != "fuzz_low":
            return self.apply(n.kind, *reversed(args)) if r.random() < 0.3 else self.reduced(*args)
        if n.kind == "add":
            a, b = args
            carry = self.lsl(self.new("and_", w, w, a, b), 1)
            return self.new("add", w, w, self.new("xor", w, w, a, b), carry)
        if n.kind == "sub":
            a, b = args
            return self.inverted(self.new("add", w, w, self.inverted(a), b))
        if n.kind in ("xor", "or_"):
            a, b = args
            both = self.new("and_", w, w, a, b)
            if n.kind == "or_":
                return self.new("sub", w, w, self.new("add", w, w, a, b), both)
            return self.new("sub", w, w, self.new("or_", w, w, a, b), both)
        if n.kind == "ite":
            c, a, b = args
            mask = self.new("sext", w, 1, c, params=(w,)) if w > 1 else c
            return self.new("xor", w, w, b, self.new("and_", w, w, mask, self.new("xor", w, w, a, b)))
        if n.kind == "ult":
            a, b = args
            wide = n.w + 1
            x, y = (self.new("zext", wide, n.w, v, params=(wide,)) for v in (a, b))
            return self.new("extract", 1, wide, self.new("sub", wide, wide, x, y), params=(n.w, 1))
        if n.kind == "slt":
            top = self.const(n.w, 1 << n.w - 1)
            return self.new("ult", 1, n.w, *(self.new("xor", n.w, n.w, v, top) for v in args))
        if n.kind == "eq":
            d = self.new("xor", n.w, n.w, *args)
            return self.inverted(self.new("ult", 1, n.w, self.const(n.w, 0), d))
        return self.in_parts(i)

    def inverted(self, i: int) -> int:
        """NOT."""
        w = self.nodes[i].width
        return self.new("xor", w, w, i, self.const(w, -1))

    def in_parts(self, i: int) -> int:
        """The same value, from its halves, as a double of its half and a bit, or as its negative's negative."""
        w, r = self.nodes[i].width, self.rng
        way = r.randrange(4)
        if w == 1 or way == 0:
            return self.inverted(self.new("sub", w, w, self.const(w, -1), i))
        k = r.randint(1, w - 1)
        if way == 1:
            high, low = (self.new("extract", n, w, i, params=(lo, n)) for lo, n in ((k, w - k), (0, k)))
            return self.new("concat", w, w, high, low)
        if way == 2:
            high = self.lsl(self.new("lsr", w, w, i, params=(k,)), k)
            return self.add(high, self.new("and_", w, w, i, self.const(w, (1 << k) - 1)))
        quotient = self.new("udiv", w, w, i, self.const(w, 3 if w > 1 else 1))
        rest = self.new("sub", w, w, i, self.times(quotient, 3))
        return self.add(self.times(quotient, 3), rest)

    def reduced(self, a: int, b: int) -> int:
        """The product in GF(8) by a carry-less one of 6 bits; now and then with another modulus, or half reduced."""
        modulus, places = self.rng.choice(((0b1011, (4, 3)), (0b1011, (4, 3)), (0b1101, (4, 3)), (0b1011, (3,))))
        p = self.new("clmul", 6, 3, a, b)
        for k in places:
            bit = self.new("extract", 1, 6, p, params=(k, 1))
            mask = self.new("sext", 6, 1, bit, params=(6,))
            p = self.new("xor", 6, 6, p, self.new("and_", 6, 6, mask, self.const(6, modulus << k - 3)))
        return self.new("extract", 3, 6, p, params=(0, 3))

    def once(self, i: int) -> int:
        """Node i, but at one assignment of the variables: there one bit is another."""
        w = self.nodes[i].width
        here = self.const(1, 1)
        for v, possible in list(self.possible.items()):
            at = self.const(self.nodes[v].width, self.number(self.nodes[v].width) & possible)
            here = self.new("and_", 1, 1, here, self.new("eq", 1, self.nodes[v].width, v, at))
        spread = self.new("zext", w, 1, here, params=(w,)) if w > 1 else here
        return self.new("xor", w, w, i, self.lsl(spread, self.rng.randrange(w)))

    def claim(self) -> int:
        """A one-bit node, of which true ones are many and nearly true ones too."""
        r = self.rng
        usable = [i for i, n in enumerate(self.nodes) if n.kind not in ("const", "var")]
        i = r.choice(usable[-8:])
        w = self.nodes[i].width
        way = r.random()
        if way < 0.2:
            return self.fit(i, 1) if w > 1 else i
        if way < 0.3:
            return self.near_its_bound(w)
        if way < 0.4:
            j = self.some(w)
            return self.new(r.choice(("eq", "ult", "slt")), 1, w, i, j)
        j = self.same(i)
        if r.random() < 0.3:
            j = self.same(j)
        if r.random() < 0.35:
            j = self.once(j) if r.random() < 0.7 else self.new("add", w, w, j, self.const(w))
        if r.random() < 0.2:  # a >= b
            return self.inverted(self.new("ult", 1, w, i, j))
        return self.new("eq", 1, w, i, j)


@dataclass
class Question:
    """A claim and facts, as node numbers, and the terms of all nodes."""

    dag: Claims
    facts: list[int]
    claim: int
    built: list[Value]
    variables: dict[int, Var]

    @cached_property
    def values(self) -> list[list[int]]:
        """The numbers of all nodes, at each assignment there is."""
        d = self.dag
        ranges = ([v for v in range(1 << d.nodes[n].width) if not v & ~p] for n, p in d.possible.items())
        return [meaning(d, dict(zip(d.possible, at, strict=True))) for at in product(*ranges)]

    def implied(self, node: int, number: int = 1, *, facts: bool = True) -> bool:
        """Whether a node is this number wherever the facts hold (or everywhere)."""
        given = self.facts if facts else []
        return all(v[node] == number for v in self.values if all(v[f] for f in given))

    def refutes(self, model: Model) -> bool:
        """Whether the facts hold in a model and the claim does not; opaque functions as the model has them."""
        at = {n: model.variables.get(v.id, 0) for n, v in self.variables.items()}
        if any(v & ~self.dag.possible[n] for n, v in at.items()):
            return False
        functions = {(name, args): value for name, args, _, value in model.applications}
        values: list[int] = []
        for i, n in enumerate(self.dag.nodes):
            args = [values[a] for a in n.args]
            if n.kind == "var":
                values.append(at[i])
            elif isinstance(n, Applied) and not all(isinstance(self.built[a], int) for a in n.args):
                values.append(functions.get((n.kind, tuple(args)), n.value(args)))
            else:
                values.append(n.value(args))
        return not values[self.claim] and all(values[f] for f in self.facts)


def question(seed: int) -> Question:
    """The question of a seed, its terms built in a new table."""
    r = Random(seed)
    widths, left = [1], FREE - 1
    while left > 1 and len(widths) < 4:
        widths.append(min(left, r.choice(WIDTHS[1:])))
        left -= widths[-1]
    if left > 0:
        widths.append(left)
    d = Claims(r, WIDTHS)
    grow(d, [w for w in widths if w in WIDTHS])
    for _ in range(r.choice((0, 0, 1, 2))):
        name = r.choice(list(OPAQUE))
        d.apply(name, *(d.some(4 if name == "fuzz_sbox" else 3, term=True) for _ in range(1 + (name != "fuzz_sbox"))))
    claim = d.claim()
    facts = [d.fit(d.claim(), 1) for _ in range(r.choice((0, 0, 1, 2)))]
    new_table()
    built: list[Value] = []
    variables: dict[int, Var] = {}
    for i, n in enumerate(d.nodes):
        if n.kind == "var":
            variables[i] = Var(f"v{i}", n.width, pb=d.possible[i], secret=False)
            built.append(variables[i])
        else:
            built.append(n.build([built[a] for a in n.args]))
    return Question(d, facts, claim, built, variables)


#: What a discharger said of a claim: whether it holds, and False where it is shown not to, None where it cannot tell.
Answer = tuple[bool | None, Model | None]


def _terms(q: Question) -> Answer:
    v = q.built[q.claim]
    return (bool(v), None) if isinstance(v, int) else (None, None)


def _truth_table(q: Question) -> Answer:
    return (True if always(q.built[q.claim]) else None), None


def _algebra(q: Question) -> Answer:
    n = q.dag.nodes[q.claim]
    if n.kind != "eq":
        return None, None
    a, b = (q.built[i] for i in n.args)
    return (True if equal(n.w, a, b)[0] else None), None


def _outcome(out: Outcome) -> Answer:
    return out.holds, out.model


def _integers(q: Question) -> Answer:
    s = Integers()
    for f in q.facts:
        s.add(q.built[f])
    return _outcome(s.implies(q.built[q.claim], MS))


def _solver(q: Question) -> Answer:
    s = Solver()
    for f in q.facts:
        s.add(q.built[f])
    return _outcome(s.implies(q.built[q.claim], MS))


def _knowledge(q: Question) -> Answer:
    k = Knowledge([], MS)
    for f in q.facts:
        k.add(q.built[f])
    claim = q.built[q.claim]
    decided = k.decide(claim)
    return None if decided is None else bool(decided), None


def _check_constants(q: Question, seen: Counter[str]) -> None:
    """The only value of a number that the claim speaks of, and of the claim: claims of their own."""
    s = Integers()
    for f in q.facts:
        s.add(q.built[f])
    for i in (*q.dag.nodes[q.claim].args, q.claim):
        c = s.constant(q.built[i], q.dag.nodes[i].width, MS)
        if isinstance(q.built[i], int):
            continue
        true = len({v[i] for v in q.values if all(v[f] for f in q.facts)}) == 1
        seen[f"constant: {None if c is None else True} of a {'true' if true else 'false'} claim"] += 1
        if c is not None and not q.implied(i, c):
            raise False_(f"constant says that {q.built[i]} is {c} under {[q.built[f] for f in q.facts]}")


#: Name -> what it says.  Those without facts are asked of the claim alone.
ASK: dict[str, Callable[[Question], Answer]] = {
    "terms": _terms,
    "truth tables": _truth_table,
    "algebra": _algebra,
    "integers": _integers,
    "z3": _solver,
    "knowledge": _knowledge,
}
WITHOUT_FACTS = {"terms", "truth tables", "algebra"}


def check(q: Question, names: Iterable[str], seen: Counter[str]) -> None:
    """Ask the dischargers of these names; raises `False_` for a wrong answer."""
    for name in names:
        if name == "constant":
            _check_constants(q, seen)
            continue
        holds, model = ASK[name](q)
        facts = name not in WITHOUT_FACTS
        true = q.implied(q.claim, facts=facts)
        seen[f"{name}: {holds} of a {'true' if true else 'false'} claim"] += 1
        claim = q.built[q.claim]
        given = [q.built[f] for f in q.facts] if facts else []
        said = f"{name} says {holds} of {claim} under {given}"
        if holds and not true:
            raise False_(said)
        if name == "knowledge":
            # Here "no" means that the facts imply the contrary.
            if holds is False and not q.implied(q.claim, 0):
                raise False_(said)
        elif holds is False and model is None and name != "terms":
            raise False_(f"{said} and shows no model")
        elif holds is False and name == "terms":
            if not q.implied(q.claim, 0, facts=False):
                raise False_(said)
        elif holds is False and model is not None and not q.refutes(model):
            raise False_(f"{said} where {model.variables} {model.applications}")


def fuzz(
    count: int, first: int = 0, names: Iterable[str] = (*ASK, "constant")
) -> tuple[list[tuple[int, str]], Counter[str]]:
    """(seed, failure) of the questions that were answered wrongly, and how often each answer came."""
    failed, seen = [], Counter[str]()
    for seed in range(first, first + count):
        try:
            # Every fourth question has its ANDs as operations, not as polynomials.
            with mock.patch.object(poly, "PRODUCT_LIMIT", 0 if seed % 4 == 3 else poly.PRODUCT_LIMIT):
                check(question(seed), names, seen)
        except (
            False_,
            AssertionError,
            RecursionError,
            ArithmeticError,
            LookupError,
            TypeError,
            ValueError,
            Z3Exception,
        ) as e:
            failed.append((seed, f"{type(e).__name__}: {e}"))
    return failed, seen


def runs(count: int, first: int) -> Iterator[tuple[list[tuple[int, str]], Counter[str]]]:
    """The same, a thousand questions at a time."""
    for k in range(0, count, 1000):
        yield fuzz(min(1000, count - k), first + k)


if __name__ == "__main__":
    numbers = [int(a) for a in sys.argv[1:]]
    began, wrong, total = time.monotonic(), 0, Counter[str]()
    for failures, answers in runs(numbers[0] if numbers else 20_000, numbers[1] if len(numbers) > 1 else 0):
        wrong += len(failures)
        total += answers
        for at, why in failures:
            print(f"seed {at}: {why}", flush=True)
    for line, n in sorted(total.items()):
        print(f"{n:8} {line}")
    print(f"{wrong} answered wrongly, {time.monotonic() - began:.0f} s")
    sys.exit(int(wrong > 0))
