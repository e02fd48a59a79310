"""Facts on lengths, counters and addresses as linear arithmetic over the integers.

Z3's bit vectors give up on facts such as `n - 5*i - 3*j == 9`, which are trivial for integers.  Here
each term becomes the integer it stands for: a sum is its linear combination less a multiple of
2**width (with the multiple's range from interval arithmetic, often a single value), bits of a term
are quotients by powers of two, and whatever has no such meaning is an unknown integer of its range.
The translation forgets (an unknown may be anything) but never claims more than the terms say: what
follows for the integers follows for the terms.  A countermodel counts only when the terms evaluated
at it bear it out.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence, Set
from typing import Any, Literal, NamedTuple, TypeAlias

import z3

from armsym.discharge.z3_bridge import Model, Outcome, set_limit
from armsym.terms.evaluate import Evaluator
from armsym.terms.node import App, Op, Poly, Sum, Term, Value, Var, intern
from armsym.terms.ops import is_secret
from armsym.terms.walk import children, size

__all__ = ["Integers", "Translated"]

#: Operations that are translated (AND of conditions, UDIV by a number, MUL), and those that are
#: unknown integers.
COVERED = frozenset({"ite", "eq", "ult", "slt", "and", "udiv", "mul"})
REFUSED = frozenset({"clmul", "shl", "lshr", "ashr", "select", "table"})

#: Facts of more terms than this are left out: they are about data.
FACT_LIMIT = 300


#: A translation of more terms than this is not shared any more: it would keep what was asked long ago.
TRANSLATED = 5000


class _Int:
    """An integer expression and bounds on it, both included."""

    __slots__ = ("e", "high", "low")

    def __init__(self, e: Any, low: int, high: int) -> None:
        self.e, self.low, self.high = e, low, high


class _Factor(NamedTuple):
    """A product of a factor and `by`, as expressions; `whole` is the number that the other factor is, for by = 1."""

    id: int
    whole: Any
    by: Any
    product: Any


#: What holds of the unknowns of a translation: an expression, what is known of a product beside others, or the quotient
#: of a term by 2**k, of whose unknown something holds, too.
_Side: TypeAlias = Any | _Factor | tuple[int, int]


class _Translation:
    """Terms as integer expressions, each translated once; for each term, what holds of the unknowns introduced for it.

    What holds of them holds whatever the terms are, and no fact is made use of: so any number of solvers may go by one
    translation, whatever facts each has.
    """

    def __init__(self) -> None:
        self._numbers: dict[int, _Int] = {}
        self._conditions: dict[int, Any] = {}
        self._quotients: dict[tuple[int, int], _Int] = {}
        self._atoms: dict[int, Any] = {}
        #: By term, and by quotient.
        self._sides: dict[int | tuple[int, int], list[_Side]] = {}
        #: Of what is being translated.
        self._side: list[_Side] = []
        self._fresh = 0

    @property
    def size(self) -> int:
        """How many terms were translated."""
        return len(self._numbers) + len(self._conditions)

    def _unknown(self, low: int, high: int, name: str) -> _Int:
        self._fresh += 1
        e = z3.Int(f"{name}#{self._fresh}")
        self._side += [e >= low, e <= high]
        return _Int(e, low, high)

    def translate(self, t: Term) -> None:
        """Translate an interned term, of which all parts are."""
        if t.id in self._conditions or t.id in self._numbers:
            return
        self._side = []
        if t.width == 1:
            self._conditions[t.id] = self._truth(t)
        else:
            self._numbers[t.id] = self._number(t)
        if self._side:
            self._sides[t.id] = self._side

    def side(self, of: int | tuple[int, int]) -> Sequence[_Side]:
        """What holds of the unknowns introduced for a term, by its id, or for a quotient."""
        return self._sides.get(of, ())

    def atom(self, t: Term) -> Any:
        """The expression for a term of which nothing is known but its bits; None for others."""
        return self._atoms.get(t.id)

    # -- conditions -----------------------------------------------------------------------------

    def condition(self, v: Value) -> Any:
        """The truth of a one-bit value that is translated."""
        return z3.BoolVal(bool(v)) if isinstance(v, int) else self._conditions[intern(v).id]

    def _truth(self, t: Term) -> Any:
        if isinstance(t, Poly):
            total = z3.BoolVal(bool(t.const))
            for m in t.entries:
                product = z3.And(*(self._bit(base, s) for base, s in m.factors))
                total = z3.Xor(total, product)
            return total
        if isinstance(t, Op):
            kind, w = t.kind, t.arg_width
            if kind == "ite":
                c, a, b = t.args
                return z3.If(self.condition(c), self.condition(a), self.condition(b))
            if kind == "and":
                return z3.And(*(self.condition(a) for a in t.args))
            if kind in ("eq", "ult", "slt"):
                a, b = t.args
                x, y = self.number(a, w), self.number(b, w)
                if kind == "slt":
                    x, y = self._signed(x, a, w), self._signed(y, b, w)
                return x.e == y.e if kind == "eq" else x.e < y.e
        return self._atom(t).e == 1

    def _bit(self, base: Term, k: int) -> Any:
        if base.width == 1:
            return self.condition(base) if k == 0 else z3.BoolVal(False)
        return self._bits(base, k, k).e == 1

    def _signed(self, x: _Int, v: Value, w: int) -> _Int:
        half = 1 << (w - 1)
        if x.high < half:
            return x
        if x.low >= half:
            return _Int(x.e - 2 * half, x.low - 2 * half, x.high - 2 * half)
        return _Int(z3.If(x.e >= half, x.e - 2 * half, x.e), -half, half - 1)

    # -- numbers --------------------------------------------------------------------------------

    def number(self, v: Value, width: int) -> _Int:
        """The unsigned number a value of `width` bits stands for."""
        if isinstance(v, int):
            return _Int(z3.IntVal(v), v, v)
        v = intern(v)
        if width == 1:
            return _Int(z3.If(self.condition(v), z3.IntVal(1), z3.IntVal(0)), 0, 1)
        return self._numbers[v.id]

    def _number(self, t: Term) -> _Int:
        if isinstance(t, Sum):
            return self._sum(t)
        if isinstance(t, Poly):
            return self._fields(t) or self._atom(t)
        if isinstance(t, Op):
            w = t.arg_width
            if t.kind == "ite":
                c, a, b = t.args
                x, y = self.number(a, w), self.number(b, w)
                return _Int(z3.If(self.condition(c), x.e, y.e), min(x.low, y.low), max(x.high, y.high))
            if t.kind == "mul":
                return self._product(t, *(self.number(a, w) for a in t.args))
            if t.kind == "udiv" and isinstance(t.args[1], int) and t.args[1]:
                return self._divided(self.number(t.args[0], w), t.args[1])
        return self._atom(t)

    def _atom(self, t: Term) -> _Int:
        """Nothing is known of it but which bits may be set."""
        if isinstance(t, Op) and t.kind not in COVERED | REFUSED:
            raise AssertionError(f"linear arithmetic has no reading of the operation {t.kind}")
        zeros = max((t.pb & -t.pb).bit_length() - 1, 0)
        q = self._unknown(0, t.pb >> zeros, getattr(t, "name", "t"))
        self._atoms[t.id] = q.e * (1 << zeros)
        return _Int(q.e * (1 << zeros), 0, t.pb) if zeros else q

    def _product(self, t: Op, a: _Int, b: _Int) -> _Int:
        """An unknown that lies between other products with the same factor as what that is multiplied with does.

        Where it may wrap, and is of lengths, the remainder of one.
        """
        most = a.high * b.high
        if most >> t.width and is_secret(t):
            return self._atom(t)
        product = self._unknown(a.low * b.low, most, "product")
        x, y = (_extended(v) for v in t.args)
        for factor, c, u in ((x, a, b), (y, b, a)) if x is not y else ((x, a, b),):
            self._side.append(_Factor(factor.id, c.e, u.e, product.e))
        return self._reduced(product, 1 << t.width)

    def _sum(self, t: Sum) -> _Int:
        modulus = 1 << t.width
        const = t.const if t.const < modulus >> 1 else t.const - modulus
        low = high = const
        parts = [z3.IntVal(const)]
        for u, c in t.terms.items():
            k = c if c < modulus >> 1 else c - modulus
            x = self.number(u, t.width)
            parts.append(x.e * k)
            low, high = low + min(k * x.low, k * x.high), high + max(k * x.low, k * x.high)
        return self._reduced(_Int(z3.Sum(parts), low, high), modulus)

    def _reduced(self, x: _Int, modulus: int) -> _Int:
        first, last = x.low // modulus, x.high // modulus
        if first == last:
            return _Int(x.e - first * modulus, x.low - first * modulus, x.high - first * modulus) if first else x
        wraps = self._unknown(first, last, "wraps")
        value = self._unknown(0, modulus - 1, "sum")
        self._side.append(value.e == x.e - wraps.e * modulus)
        return value

    def _divided(self, x: _Int, by: int) -> _Int:
        q = self._unknown(x.low // by, x.high // by, "quotient")
        self._side += [x.e - q.e * by >= 0, x.e - q.e * by <= by - 1]
        return q

    def _bits(self, base: Term, lo: int, hi: int) -> _Int:
        """Bits hi down to lo of a term, as a number; positions outside of it are 0."""
        hi = min(hi, base.width - 1)
        if lo < 0:
            inner = self._bits(base, 0, hi)
            return _Int(inner.e * (1 << -lo), inner.low << -lo, inner.high << -lo)
        if lo > hi:
            return _Int(z3.IntVal(0), 0, 0)
        below, above = self._quotient(base, lo), self._quotient(base, hi + 1)
        span = 1 << (hi + 1 - lo)
        if above.low == above.high == 0:
            return below
        f = _Int(below.e - above.e * span, 0, span - 1)
        self._side += [f.e >= 0, f.e <= span - 1]
        return f

    def _quotient(self, base: Term, k: int) -> _Int:
        x = self.number(base, base.width)
        if k == 0:
            return x
        if x.high < 1 << k:
            return _Int(z3.IntVal(0), 0, 0)
        key = (base.id, k)
        if key not in self._quotients:
            outer, self._side = self._side, []
            self._quotients[key] = self._divided(x, 1 << k)
            self._sides[key], self._side = self._side, outer
        self._side.append(key)
        return self._quotients[key]

    def _fields(self, t: Poly) -> _Int | None:
        """A polynomial of which each bit is one bit of one term, or that bit's complement."""
        used = 0
        parts, low, high = [], 0, 0
        for m, mask in t.entries.items():
            if len(m.factors) != 1 or mask & used:
                return None
            used |= mask
            base, s = m.factors[0]
            for lo, hi in _runs(mask, t.const):
                f = self._bits(base, lo + s, hi + s)
                if t.const >> lo & 1:
                    top = (1 << (hi + 1 - lo)) - 1
                    f = _Int(top - f.e, top - f.high, top - f.low)
                parts.append(f.e * (1 << lo))
                low, high = low + (f.low << lo), high + (f.high << lo)
        rest = t.const & ~used
        return _Int(z3.Sum([z3.IntVal(rest), *parts]), low + rest, high + rest)


def _extended(v: Value) -> Term:
    """What a value is a zero extension of, or itself."""
    assert isinstance(v, Term)
    t = intern(v)
    if isinstance(t, Poly) and not t.const and len(t.entries) == 1:
        ((m, mask),) = t.entries.items()
        if len(m.factors) == 1 and m.factors[0][1] == 0 and mask == m.factors[0][0].pb:
            return intern(m.factors[0][0])
    return t


def _runs(mask: int, const: int) -> list[tuple[int, int]]:
    """The maximal runs (lowest, highest) of bits set in `mask` on which `const` does not change."""
    found = []
    while mask:
        lo = (mask & -mask).bit_length() - 1
        same = mask & (const if const >> lo & 1 else ~const)
        length = (~(same >> lo) & -~(same >> lo)).bit_length() - 1
        found.append((lo, lo + length - 1))
        mask &= ~(((1 << length) - 1) << lo)
    return found


def _missing(v: Term, known: Set[int]) -> list[Term]:
    """The terms below `v` that are not known, by their ids, each after those it is made of."""
    order: list[Term] = []
    done: set[int] = set()
    todo: list[tuple[Term, bool]] = [(v, False)]
    while todo:
        t, ready = todo.pop()
        if t.id in done or t.id in known:
            continue
        if ready:
            done.add(t.id)
            order.append(t)
            continue
        todo.append((t, True))
        todo += [(c, False) for c in _inside(t) if not isinstance(c, int)]
    return order


def _inside(t: Term) -> list[Value]:
    # What an opaque term is made of does not matter.
    if isinstance(t, (Sum, Poly)):
        return list(children(t))
    if isinstance(t, Op) and (
        t.kind in ("ite", "eq", "ult", "slt", "udiv", "mul") or (t.kind == "and" and t.width == 1)
    ):
        return list(children(t))
    return []


class Translated:
    """What was translated so far for paths that have much in common."""

    def __init__(self) -> None:
        self._latest = _Translation()

    def latest(self) -> _Translation:
        """The translation to go by; a new one where it has become large."""
        if self._latest.size > TRANSLATED:
            self._latest = _Translation()
        return self._latest


class Integers:
    """Whether facts (one-bit values that are 1) imply claims, as far as linear arithmetic tells."""

    def __init__(self, shared: Translated | None = None) -> None:
        """Without facts.  What others translated with which it is `shared` need not be translated again."""
        self._translation = _Translation() if shared is None else shared.latest()
        self._solver = z3.SolverFor("QF_LIA")
        self._facts: list[Value] = []
        #: The terms and quotients met here; what holds of their unknowns, but for what the solver was told.
        self._met: set[int] = set()
        self._divided: set[tuple[int, int]] = set()
        self._side: list[Any] = []
        self._atoms: list[tuple[Term, Any]] = []
        #: By a factor: what it was multiplied with here, and the products.
        self._products: dict[int, list[tuple[Any, Any]]] = {}
        #: What was noted, in order, and how things stood at each `push`.
        self._noted: list[tuple[Literal["term", "quotient", "factor"], Any]] = []
        self._levels: list[tuple[int, int, int]] = []

    def push(self) -> None:
        """Begin what `pop` ends."""
        self._flush()
        self._solver.push()
        self._levels.append((len(self._facts), len(self._atoms), len(self._noted)))

    def pop(self) -> None:
        """Forget what was added since the last `push`, and what was noted of the terms met since then."""
        facts, atoms, noted = self._levels.pop()
        self._solver.pop()
        self._side = []
        del self._facts[facts:], self._atoms[atoms:]
        while len(self._noted) > noted:
            kind, of = self._noted.pop()
            if kind == "term":
                self._met.remove(of)
            elif kind == "quotient":
                self._divided.remove(of)
            else:
                self._products[of].pop()

    @property
    def translated(self) -> int:
        """How many terms were translated, here and elsewhere."""
        return self._translation.size

    def add(self, fact: Value) -> None:
        """Assume a one-bit value."""
        self._facts.append(fact)
        if isinstance(fact, int) or size(fact) <= FACT_LIMIT:
            self._solver.add(self._condition(fact))

    def _condition(self, v: Value) -> Any:
        """The truth of a one-bit value."""
        self._meet(v)
        return self._translation.condition(v)

    def _meet(self, v: Value) -> None:
        """Translate a value, and note what holds of the unknowns in it."""
        if isinstance(v, int):
            return
        for t in _missing(intern(v), self._met):
            self._translation.translate(t)
            self._met.add(t.id)
            self._noted.append(("term", t.id))
            atom = self._translation.atom(t)
            if atom is not None:
                self._atoms.append((t, atom))
            self._note(t.id)

    def _note(self, of: int | tuple[int, int]) -> None:
        for side in self._translation.side(of):
            if isinstance(side, _Factor):
                self._relate(side)
            elif not isinstance(side, tuple):
                self._side.append(side)
            elif side not in self._divided:
                self._divided.add(side)
                self._noted.append(("quotient", side))
                self._note(side)

    def _relate(self, new: _Factor) -> None:
        """A product beside those with the same factor that were met: it grows as what the factor is multiplied with."""
        c, u, product = new.whole, new.by, new.product
        known = self._products.setdefault(new.id, [(z3.IntVal(0), z3.IntVal(0)), (z3.IntVal(1), c)])
        for v, other in known:
            self._side += [
                z3.Implies(u == v, product == other),
                z3.Implies(u == v + 1, product == other + c),
                z3.Implies(v == u + 1, other == product + c),
                z3.Implies(u < v, product + c <= other),
                z3.Implies(v < u, other + c <= product),
            ]
        known.append((u, product))
        self._noted.append(("factor", new.id))

    def implies(self, claim: Value, timeout_ms: int) -> Outcome:
        """Holds, does not (with a model on which the terms were evaluated), or cannot tell."""
        goal = z3.Not(self._condition(claim))
        self._flush()
        self._solver.push()
        try:
            set_limit(self._solver, timeout_ms)
            self._solver.add(goal)
            verdict = self._solver.check()
            if verdict == z3.unsat:
                return Outcome(True)
            if verdict == z3.sat:
                model = self._assignment(self._solver.model(), claim)
                return Outcome(False, model) if model else Outcome(None, reason="no model of the terms")
            return Outcome(None, reason=f"Z3: {self._solver.reason_unknown()}")
        finally:
            self._solver.pop()

    def _flush(self) -> None:
        self._solver.add(*self._side)
        self._side = []

    def constant(self, v: Value, width: int, timeout_ms: int) -> int | None:
        """The one number that a value of `width` bits is wherever the facts hold; None if not shown to be one."""
        return self.constant_or_not(v, width, timeout_ms)[0]

    def constant_or_not(
        self,
        v: Value,
        width: int,
        timeout_ms: int,
        *,
        wanted: int | None = None,
        met: Callable[[Model], object] | None = None,
    ) -> tuple[int | None, bool]:
        """The same, and whether that is known: where no number is told, that there are two, or none.

        `wanted` is what it is in some case in which all facts hold, where one is known.  `met` is told of assignments
        on which all facts hold, as the terms bear out.
        """
        self._meet(v)
        e = self._translation.number(v, width).e
        self._flush()
        set_limit(self._solver, timeout_ms)
        if wanted is None:
            verdict = self._solver.check()
            if verdict != z3.sat:
                return None, verdict == z3.unsat
            wanted = self._number(e, met)
        self._solver.push()
        try:
            self._solver.add(e != wanted)
            verdict = self._solver.check()
            if verdict == z3.sat:
                self._number(e, met)
            return (wanted if verdict == z3.unsat else None), verdict != z3.unknown
        finally:
            self._solver.pop()

    def _number(self, e: Any, met: Callable[[Model], object] | None) -> int:
        """What an expression is in the solver's model, of which `met` is told."""
        model = self._solver.model()
        given = None if met is None else self._assignment(model, None)
        if met is not None and given is not None:
            met(given)
        return int(model.eval(e, model_completion=True).as_long())

    def _assignment(self, model: Any, claim: Value | None) -> Model | None:
        """The model, if all facts hold on it and the claim, if there is one, does not."""
        given = {t.id: int(model.eval(e, model_completion=True).as_long()) for t, e in self._atoms}
        variables: dict[int, int] = {}
        cells: dict[tuple[str, int, tuple[int, ...]], int] = {}

        def variable(t: Var) -> int:
            value = variables[t.id] = given.get(t.id, 0) & t.pb
            return value

        evaluate = Evaluator(variable, lambda name, width, _, args: cells.setdefault((name, width, args), 0))
        for t in [t for t, _ in self._atoms if isinstance(t, App)]:
            args = tuple(evaluate(a) for a in t.args)
            if cells.setdefault((t.name, t.width, args), given[t.id]) != given[t.id]:
                return None
        if (claim is not None and evaluate(claim) != 0) or any(evaluate(f) != 1 for f in self._facts):
            return None
        applications = [(name, args, width, value) for (name, width, args), value in cells.items()]
        return Model(variables, applications)
