"""Terms as SMT-LIB 2 scripts: for a second solver, and for people.

Written apart from `z3_bridge` on purpose, so that a fault of either translation shows where the answers are
compared.  Operations follow SMT-LIB's theory of fixed-size bit vectors; where Arm's meaning is another (UDIV by 0),
the script says so itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from armsym.terms.node import App, Op, Poly, Sum, Term, Value, Var, intern, ones
from armsym.terms.walk import complete

__all__ = ["satisfiable", "script"]


def script(facts: Sequence[Value], term: Value, value: int, width: int = 1) -> str:
    """A script, `check-sat` included, that is unsatisfiable iff the one-bit `facts` imply `term` == `value`.

    `term` has `width` bits.  Names are numbered in the order in which they are met, so that one question about two
    sets of variables is one text.
    """
    w = _Writer()
    given = [w.value(f, 1) for f in facts]
    goal = w.value(term, width)
    asserted = [f"(assert (= {g} #b1))" for g in given] + [f"(assert (distinct {goal} {_constant(value, width)}))"]
    return "\n".join(["(set-logic QF_UFBV)", *w.lines, *asserted, "(check-sat)"]) + "\n"


def satisfiable(facts: Sequence[Value], values: Mapping[str, tuple[Value, int]]) -> str:
    """A script, `check-sat` included, that is satisfiable iff the one-bit `facts` can all hold.

    Each of the `values` (value, width) is a defined symbol of its name.
    """
    w = _Writer()
    asserted = [f"(assert (= {w.value(f, 1)} #b1))" for f in facts]
    results = [f"(define-fun |{n}| () (_ BitVec {k}) {w.value(v, k)})" for n, (v, k) in values.items()]
    return "\n".join(["(set-logic QF_UFBV)", *w.lines, *results, *asserted, "(check-sat)"]) + "\n"


class _Writer:
    """Declarations and definitions: each term once, after all that it is made of."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self._names: dict[int, str] = {}
        self._functions: dict[tuple[str, tuple[int, ...], int], str] = {}

    def value(self, v: Value, width: int) -> str:
        """What stands for a value of `width` bits."""
        if isinstance(v, int):
            return _constant(v, width)
        t = intern(v)
        assert t.width == width, f"a term of {t.width} bits where {width} are wanted"
        return complete(t, self._names, self._define)

    def _inner(self, v: Value, width: int) -> str:
        if isinstance(v, int):
            return _constant(v, width)
        assert v.width == width, f"a term of {v.width} bits where {width} are wanted"
        return self._names[v.id]

    def _define(self, t: Term) -> str:
        w, number = t.width, len(self._names)
        if isinstance(t, Var) or (isinstance(t, App) and not t.args):
            name = _quoted(f"{t.name}.{number}")
            self.lines.append(f"(declare-fun {name} () (_ BitVec {w}))")
            never = ones(w) & ~t.pb
            if never:
                self.lines.append(f"(assert (= (bvand {name} {_constant(never, w)}) {_constant(0, w)}))")
            return name
        meaning = self._meaning(t)
        name = f"t.{number}"
        self.lines.append(f"(define-fun {name} () (_ BitVec {w}) {meaning})")
        return name

    def _meaning(self, t: Term) -> str:
        w = t.width
        if isinstance(t, Sum):
            parts = [f"(bvmul {self._inner(u, w)} {_constant(c, w)})" for u, c in t.terms.items()]
            return _folded("bvadd", [*parts, _constant(t.const, w)])
        if isinstance(t, Poly):
            parts = [self._product(m.factors, mask, w) for m, mask in t.entries.items()]
            return _folded("bvxor", [*parts, _constant(t.const, w)])
        if isinstance(t, App):
            arguments = " ".join(self._inner(a, k) for a, k in zip(t.args, t.widths, strict=True))
            return f"({self._function(t)} {arguments})"
        assert isinstance(t, Op)
        return self._operation(t)

    def _product(self, factors: Sequence[tuple[Term, int]], mask: int, width: int) -> str:
        """Bit p: bit p of the mask, and of each factor (base, s) bit p + s, which is 0 outside of the base."""
        parts = [_constant(mask, width)]
        for base, s in factors:
            n, text = base.width, self._inner(base, base.width)
            if s >= n or -s >= width:
                text = _constant(0, width)
            elif s >= 0:
                text = _resized(f"(bvlshr {text} {_constant(s, n)})", n, width)
            else:
                text = f"(bvshl {_resized(text, n, width)} {_constant(-s, width)})"
            parts.append(text)
        return _folded("bvand", parts)

    def _function(self, t: App) -> str:
        key = (t.name, t.widths, t.width)
        name = self._functions.get(key)
        if name is None:
            name = self._functions[key] = _quoted(f"{t.name}/{len(self._functions)}")
            sorts = " ".join(f"(_ BitVec {k})" for k in t.widths)
            self.lines.append(f"(declare-fun {name} ({sorts}) (_ BitVec {t.width}))")
        return name

    def _operation(self, t: Op) -> str:
        kind, n, w = t.kind, t.arg_width, t.width
        if kind == "ite":
            c, a, b = t.args
            return f"(ite (= {self._inner(c, 1)} #b1) {self._inner(a, n)} {self._inner(b, n)})"
        if kind == "select":
            index = self._inner(t.args[0], 64)
            return _chosen(index, 64, [self._inner(e, w) for e in t.args[1:]], w)
        if kind == "table":
            at, entries = t.args
            assert isinstance(entries, int)
            count = min(1 << n, -(-entries.bit_length() // w))
            return _chosen(self._inner(at, n), n, [_constant(entries >> k * w & ones(w), w) for k in range(count)], w)
        x, y = (self._inner(v, n) for v in t.args)
        if kind in _COMPARED:
            return f"(ite ({_COMPARED[kind]} {x} {y}) #b1 #b0)"
        if kind == "udiv":  # by 0 it is 0 in A64, and all ones in SMT-LIB
            return f"(ite (= {y} {_constant(0, n)}) {_constant(0, n)} (bvudiv {x} {y}))"
        if kind == "clmul":
            wide, none = _resized(x, n, w), _constant(0, w)
            bits = [
                f"(ite (= ((_ extract {k} {k}) {y}) #b1) (bvshl {wide} {_constant(k, w)}) {none})" for k in range(n)
            ]
            return _folded("bvxor", bits)
        if kind not in _SAME:
            raise AssertionError(f"no SMT-LIB meaning for the operation {kind}")
        return f"({_SAME[kind]} {x} {y})"


_COMPARED = {"eq": "=", "ult": "bvult", "slt": "bvslt"}
#: Operations that SMT-LIB has with the same meaning; a shift by the width or more leaves 0, or the sign, in both.
_SAME = {"mul": "bvmul", "and": "bvand", "shl": "bvshl", "lshr": "bvlshr", "ashr": "bvashr"}


def _constant(v: int, width: int) -> str:
    assert 0 <= v <= ones(width), f"{v} has no place in {width} bits"
    return f"(_ bv{v} {width})"


def _resized(text: str, width: int, to: int) -> str:
    """The low `to` bits of a vector of `width` bits; zeros above where there are no more."""
    if to > width:
        return f"((_ zero_extend {to - width}) {text})"
    return text if to == width else f"((_ extract {to - 1} 0) {text})"


def _chosen(index: str, width: int, elements: Sequence[str], to: int) -> str:
    """The element at an index of `width` bits, and 0 past the last."""
    text = _constant(0, to)
    for k, e in enumerate(elements):
        text = f"(ite (= {index} {_constant(k, width)}) {e} {text})"
    return text


def _folded(operator: str, parts: Sequence[str]) -> str:
    text = parts[0]
    for p in parts[1:]:
        text = f"({operator} {text} {p})"
    return text


def _quoted(name: str) -> str:
    """A symbol; what may not stand in one is replaced, for the number in the name keeps symbols apart."""
    return "|" + "".join(c if (c.isascii() and c.isalnum()) or c in " ._/[]()+-*,:<>=" else "?" for c in name) + "|"
