"""Z3 expressions as values: the fragment of bit vectors and Booleans, the rest is refused."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import z3

from armsym.bits import Bits, Prop, concat, ite
from armsym.errors import InputError
from armsym.terms import ops
from armsym.terms.evaluate import free_terms
from armsym.terms.node import App, Var, ones

__all__ = ["from_z3"]


def from_z3(
    expression: Any, among: Iterable[Bits | Prop] = (), names: Mapping[str, Bits | Prop] | None = None
) -> Bits | Prop:
    """A Z3 expression as a value: a bit vector as `Bits` of its width, a Boolean as a `Prop`.

    Constants and functions are those that `to_z3` made of the values in `among`, and what `names` says of others.  The
    operations are those of bit vectors and Booleans, with SMT-LIB's meaning (division by 0 gives all ones, its
    remainder the dividend); signed division is refused, and so are integers, arrays, floating point, quantifiers,
    functions that are not among the values, and constants of which nothing is known.  Raises `InputError` that names
    the operation.
    """
    if not isinstance(expression, (z3.BitVecRef, z3.BoolRef)):
        raise InputError(f"from_z3 takes a bit vector or a Boolean of Z3's, not {type(expression).__name__}")
    reader = _Reader(among, names or {})
    done: dict[int, Bits | Prop] = {}
    todo = [expression]
    while todo:
        e = todo[-1]
        if e.get_id() in done:
            todo.pop()
            continue
        if z3.is_quantifier(e) or z3.is_var(e):
            raise InputError("from_z3: quantifiers have no counterpart here")
        waiting = [c for c in e.children() if c.get_id() not in done]
        if waiting:
            todo.extend(waiting)
            continue
        done[e.get_id()] = reader.value(e, [done[c.get_id()] for c in e.children()])
        todo.pop()
    return done[expression.get_id()]


class _Reader:
    """The names that are known."""

    def __init__(self, among: Iterable[Bits | Prop], names: Mapping[str, Bits | Prop]) -> None:
        self._names = dict(names)
        self._functions: dict[tuple[str, tuple[int, ...], int], App] = {}
        for n, v in self._names.items():
            if not isinstance(v, (Bits, Prop)):
                raise InputError(f"from_z3: names gives {n} a value that is neither Bits nor Prop: {v!r}")
        for v in among:
            if not isinstance(v, (Bits, Prop)):
                raise InputError(f"from_z3: among lists Bits and Prop, not {type(v).__name__} {v!r}")
            for t in free_terms(v.bit.value if isinstance(v, Prop) else v.value):
                if isinstance(t, Var) or (isinstance(t, App) and not t.args):
                    self._names[f"{t.name}!{t.id}"] = Bits(t.width, t)
                elif isinstance(t, App):
                    self._functions[f"{t.name}/{'.'.join(map(str, t.widths))}", t.widths, t.width] = t

    def value(self, e: Any, parts: list[Bits | Prop]) -> Bits | Prop:
        """The value of an expression whose parts are known."""
        kind, decl = e.decl().kind(), e.decl()
        if kind == z3.Z3_OP_UNINTERPRETED:
            return self._named(e, parts)
        if z3.is_bv_value(e):
            return Bits(e.size(), e.as_long())
        do = _MEANING.get(kind)
        if do is None or not isinstance(e, (z3.BitVecRef, z3.BoolRef)):
            raise InputError(f"from_z3: the operation {decl.name()} ({e.sort()}) has no counterpart here")
        result = do(decl.params(), *parts)
        found: Bits | Prop = Prop(result) if isinstance(result, bool) else result
        width = e.size() if isinstance(e, z3.BitVecRef) else 0
        assert width == (found.width if isinstance(found, Bits) else 0), f"{decl.name()}: {width} bits"
        return found

    def _named(self, e: Any, parts: list[Bits | Prop]) -> Bits | Prop:
        name = e.decl().name()
        if not parts:
            found = self._names.get(name)
            if found is None:
                known = ", ".join(list(self._names)[:8]) or "none"
                raise InputError(f"from_z3: the constant {name} is not known (known: {known})")
            sort = e.sort()
            wanted = z3.BitVecSort(found.width) if isinstance(found, Bits) else z3.BoolSort()
            if sort != wanted:
                raise InputError(f"from_z3: the constant {name} is of sort {sort}, what it stands for of {wanted}")
            return found
        given = [p for p in parts if isinstance(p, Bits)]
        widths = tuple(p.width for p in given)
        f = self._functions.get((name, widths, e.size() if isinstance(e, z3.BitVecRef) else 0))
        if f is None or len(given) != len(parts):
            known = ", ".join(sorted({n for n, _, _ in self._functions})) or "none"
            raise InputError(f"from_z3: the function {name} of {widths} bits is not known (known: {known})")
        return Bits(f.width, ops.apply(f.name, f.width, [(p.width, p.value) for p in given], secret=f.secret))


def _all(do: Callable[[Any, Any], Any]) -> Callable[..., Any]:
    """An operation of two, of any number from one on."""

    def apply(_: Any, first: Any, *rest: Any) -> Any:
        for r in rest:
            first = do(first, r)
        return first

    return apply


def _distinct(_: Any, *parts: Any) -> Prop:
    found = Prop(True)
    for k, a in enumerate(parts):
        for b in parts[:k]:
            found = found & (a != b)
    return found


def _choice(_: Any, c: Prop, a: Any, b: Any) -> Any:
    if isinstance(a, Prop):
        return (c & a) | (~c & b)
    return ite(c, a, b)


def _quotient(_: Any, a: Bits, b: Bits) -> Bits:
    return ite(b == 0, Bits(a.width, ones(a.width)), a.udiv(b))


def _remainder(_: Any, a: Bits, b: Bits) -> Bits:
    return a - a.udiv(b) * b  # a where b is 0, for then the quotient of ours is 0


def _rotated(a: Bits, by: Bits, left: bool) -> Bits:
    """By a vector, modulo the width, which need not be a power of two."""
    w = a.width
    found = a
    n = by - by.udiv(Bits(w, w)) * w
    for k in range(1, w):
        found = ite(n == k, a.rol(k) if left else a.ror(k), found)
    return found


def _times(params: Any, a: Bits) -> Bits:
    return a.replicate(params[0])


_MEANING: dict[int, Callable[..., Any]] = {
    z3.Z3_OP_TRUE: lambda _: True,
    z3.Z3_OP_FALSE: lambda _: False,
    z3.Z3_OP_AND: _all(lambda a, b: a & b),
    z3.Z3_OP_OR: _all(lambda a, b: a | b),
    z3.Z3_OP_XOR: _all(lambda a, b: a ^ b),
    z3.Z3_OP_NOT: lambda _, a: ~a,
    z3.Z3_OP_IMPLIES: lambda _, a, b: a.implies(b),
    z3.Z3_OP_EQ: lambda _, a, b: a == b,
    z3.Z3_OP_IFF: lambda _, a, b: a == b,
    z3.Z3_OP_DISTINCT: _distinct,
    z3.Z3_OP_ITE: _choice,
    z3.Z3_OP_BADD: _all(lambda a, b: a + b),
    z3.Z3_OP_BSUB: _all(lambda a, b: a - b),
    z3.Z3_OP_BMUL: _all(lambda a, b: a * b),
    z3.Z3_OP_BNEG: lambda _, a: -a,
    z3.Z3_OP_BUDIV: _quotient,
    z3.Z3_OP_BUDIV_I: _quotient,
    z3.Z3_OP_BUREM: _remainder,
    z3.Z3_OP_BUREM_I: _remainder,
    z3.Z3_OP_BAND: _all(lambda a, b: a & b),
    z3.Z3_OP_BOR: _all(lambda a, b: a | b),
    z3.Z3_OP_BXOR: _all(lambda a, b: a ^ b),
    z3.Z3_OP_BNOT: lambda _, a: ~a,
    z3.Z3_OP_BNAND: lambda _, a, b: ~(a & b),
    z3.Z3_OP_BNOR: lambda _, a, b: ~(a | b),
    z3.Z3_OP_BXNOR: lambda _, a, b: ~(a ^ b),
    z3.Z3_OP_BSHL: lambda _, a, b: a.shl(b),
    z3.Z3_OP_BLSHR: lambda _, a, b: a.lshr(b),
    z3.Z3_OP_BASHR: lambda _, a, b: a.ashr(b),
    z3.Z3_OP_ROTATE_LEFT: lambda p, a: a.rol(p[0]),
    z3.Z3_OP_ROTATE_RIGHT: lambda p, a: a.ror(p[0]),
    z3.Z3_OP_EXT_ROTATE_LEFT: lambda _, a, b: _rotated(a, b, True),
    z3.Z3_OP_EXT_ROTATE_RIGHT: lambda _, a, b: _rotated(a, b, False),
    z3.Z3_OP_CONCAT: lambda _, *parts: concat(*parts),
    z3.Z3_OP_EXTRACT: lambda p, a: a[p[0] : p[1]],
    z3.Z3_OP_ZERO_EXT: lambda p, a: a.zero_extend(a.width + p[0]),
    z3.Z3_OP_SIGN_EXT: lambda p, a: a.sign_extend(a.width + p[0]),
    z3.Z3_OP_REPEAT: _times,
    z3.Z3_OP_BCOMP: lambda _, a, b: (a == b).bit,
    z3.Z3_OP_ULT: lambda _, a, b: a < b,
    z3.Z3_OP_ULEQ: lambda _, a, b: a <= b,
    z3.Z3_OP_UGT: lambda _, a, b: a > b,
    z3.Z3_OP_UGEQ: lambda _, a, b: a >= b,
    z3.Z3_OP_SLT: lambda _, a, b: a.slt(b),
    z3.Z3_OP_SLEQ: lambda _, a, b: ~b.slt(a),
    z3.Z3_OP_SGT: lambda _, a, b: b.slt(a),
    z3.Z3_OP_SGEQ: lambda _, a, b: ~a.slt(b),
}
