"""Values as Z3 expressions and as SMT-LIB text, for people who ask a solver themselves.

Encoding, the same at every call, so that expressions of several calls may be joined:

- `Bits` of w bits: a Z3 bit vector of w bits; `Prop`: a Z3 Boolean.
- A variable: the constant `NAME!ID`, where ID tells two variables of one name apart.  Where some of its bits are
  assumed to be 0 (those below the alignment of a region's address, say), it is `NAME!ID & MASK`: no side condition
  has to be handed over, and none can be forgotten.
- An uninterpreted function: a Z3 function `NAME/W1.W2` of arguments of W1, W2, ... bits.  The content of a region of
  memory is one, `REGION[]/64`, of the offset in bytes, a multiple of the cell's size.
- UDIV by 0 is 0, as in A64.

Functions on `Bits` and not methods: `armsym.bits` lies below every solver.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import z3

from armsym.bits import Bits, OpaqueFunction, Prop
from armsym.discharge.smtlib import satisfiable
from armsym.discharge.z3_bridge import Bridge
from armsym.errors import InputError
from armsym.terms.derivations import Derivation, Derivations
from armsym.terms.kinds import KINDS
from armsym.terms.node import App, Op, Term, Value, Var, intern, ones
from armsym.terms.walk import complete

__all__ = ["Exporter", "smt2", "to_z3"]

#: A defined function of at most so many bits is a table.
TABLE_BITS = 8


def to_z3(value: Bits | Prop, defined: Sequence[OpaqueFunction] = (), raw: Derivations | None = None) -> Any:
    """`value` as an ordinary Z3 expression: a bit vector of as many bits for `Bits`, a Boolean for a `Prop`.

    It is the value's normal form; with `raw` the operations as executed, as far as they were noted there.
    Uninterpreted functions stay so, and a model may give them any meaning, but for those in `defined` (an S-box, say:
    one argument of at most 8 bits), which are tables of all their values.  Raises `InputError` for anything else.
    """
    return Exporter(defined, raw)(value)


class Exporter:
    """`to_z3` for many values: each term they share is translated once.  Raises `InputError` as that does."""

    def __init__(self, defined: Sequence[OpaqueFunction] = (), raw: Derivations | None = None) -> None:
        if raw is not None and not isinstance(raw, Derivations):
            raise InputError(f"to_z3: raw is what Derivations noted, not {type(raw).__name__} {raw!r}")
        self._export = _Export(defined) if raw is None else _Raw(defined, raw)

    def __call__(self, value: Bits | Prop) -> Any:
        """The Z3 expression of a value."""
        if not isinstance(value, (Bits, Prop)):
            raise InputError(f"to_z3 takes Bits or a Prop, not {type(value).__name__} {value!r}")
        bits = value.bit if isinstance(value, Prop) else value
        e = self._export(bits.value, bits.width)
        return e == 1 if isinstance(value, Prop) else e


def smt2(facts: Sequence[Prop | bool], values: Mapping[str, Bits] | None = None) -> str:
    """An SMT-LIB 2 script (QF_UFBV): all `facts` hold, `check-sat`.

    Each of the `values` is a defined symbol of its name, to be asked for by `get-value`.  Variables are
    `|NAME.K|`, numbered as they are met; what is assumed of their bits is asserted.  Raises `InputError`.
    """
    for f in facts:
        if not isinstance(f, (Prop, bool)):
            raise InputError(f"smt2: a fact is a condition, not {type(f).__name__} {f!r}")
    named = dict(values or {})
    for name, v in named.items():
        if not isinstance(v, Bits):
            raise InputError(f"smt2: the value of {name} is Bits, not {type(v).__name__} {v!r}")
        if not name or "|" in name or "\\" in name or not (name.isascii() and name.isprintable()):
            raise InputError(f"smt2: {name!r} cannot be a symbol: printable ASCII without | and \\")
    conditions = [f.bit.value if isinstance(f, Prop) else int(f) for f in facts]
    return satisfiable(conditions, {n: (v.value, v.width) for n, v in named.items()})


class _Export(Bridge):
    """The bridge, but that what is assumed of a variable's bits stands in the expression."""

    def __init__(self, defined: Sequence[OpaqueFunction]) -> None:
        super().__init__()
        self._defined: dict[str, OpaqueFunction] = {}
        for f in defined:
            if not isinstance(f, OpaqueFunction):
                raise InputError(f"to_z3: defined= lists opaque functions, not {type(f).__name__} {f!r}")
            self._defined[f.name] = f

    def _translate(self, t: Term) -> Any:
        if isinstance(t, Var):
            e = z3.BitVec(f"{t.name}!{t.id}", t.width)
            return e if t.pb == ones(t.width) else e & z3.BitVecVal(t.pb, t.width)
        if isinstance(t, App) and t.name in self._defined:
            return self._table(t, self._defined[t.name])
        return super()._translate(t)

    def _table(self, t: App, f: OpaqueFunction) -> Any:
        return self._table_at(t, f, self._get(t.args[0], t.widths[0]))

    def _table_at(self, t: App, f: OpaqueFunction, index: Any) -> Any:
        if len(t.args) != 1 or t.widths[0] > TABLE_BITS:
            raise InputError(
                f"to_z3: {f.name} of {t.widths} bits is no table: one argument of at most {TABLE_BITS} bits"
            )
        (n,), w = t.widths, t.width
        if f.width != w:
            raise InputError(f"to_z3: {f.name} gives {f.width} bits, but was used with {w}")
        entries = 0
        for k in range(1 << n):
            entries |= f(Bits(n, k)).uint << w * k
        table = Op("table", w, n, (t.args[0], entries), ones(w))
        return KINDS["table"].z3(z3, table, index, entries)


class _Raw(_Export):
    """Terms by the operations that made them; what was not noted as in the normal form, and all that is in it."""

    def __init__(self, defined: Sequence[OpaqueFunction], made: Derivations) -> None:
        super().__init__(defined)
        self._derivations = made
        self._raw: dict[int, Any] = {}

    def __call__(self, v: Value, width: int) -> Any:
        if isinstance(v, int):
            return z3.BitVecVal(v, width)
        return complete(intern(v), self._raw, self._made, self._parts)

    def _parts(self, t: Term) -> list[Value]:
        d = self._derivations.of(t)
        return [] if d is None else [v for _, v in d.arguments]

    def _made(self, t: Term) -> Any:
        d = self._derivations.of(t)
        if d is None:
            return super().__call__(t, t.width)
        arguments = [z3.BitVecVal(v, w) if isinstance(v, int) else self._raw[v.id] for w, v in d.arguments]
        if isinstance(t, App):
            return self._applied(t, arguments)
        return _AS_EXECUTED[d.name](t.width, d, *arguments)

    def _applied(self, t: App, arguments: list[Any]) -> Any:
        plain = super().__call__(t, t.width)
        if not arguments:
            return plain
        if t.name in self._defined:
            return self._table_at(t, self._defined[t.name], arguments[0])
        return plain.decl()(*arguments)


def _flag(c: Any) -> Any:
    return z3.If(c, z3.BitVecVal(1, 1), z3.BitVecVal(0, 1))


def _rotated(w: int, a: Any, by: Any) -> Any:
    """Right, by a vector, modulo w, a power of two."""
    n = by & z3.BitVecVal(w - 1, w)
    return z3.LShR(a, n) | (a << (z3.BitVecVal(w, w) - n & z3.BitVecVal(w - 1, w)))


def _low(w: int, d: Derivation, a: Any) -> Any:
    n = d.numbers[0]
    return a << z3.BitVecVal(n, w) if n < w else z3.BitVecVal(0, w)


def _high(w: int, d: Derivation, a: Any) -> Any:
    n = d.numbers[0]
    return z3.LShR(a, z3.BitVecVal(n, w)) if n < w else z3.BitVecVal(0, w)


def _ror(w: int, d: Derivation, a: Any) -> Any:
    n = d.numbers[0] % w
    return z3.Concat(z3.Extract(n - 1, 0, a), z3.Extract(w - 1, n, a)) if n else a


def _product(w: int, d: Derivation, a: Any, b: Any) -> Any:
    n = d.arguments[0][0]
    wide, total = z3.ZeroExt(w - n, a), z3.BitVecVal(0, w)
    for k in range(n):
        total = total ^ z3.If(z3.Extract(k, k, b) == 1, wide << z3.BitVecVal(k, w), z3.BitVecVal(0, w))
    return total


def _chosen(w: int, index: Any, elements: Sequence[Any]) -> Any:
    value = z3.BitVecVal(0, w)
    for k, e in reversed(list(enumerate(elements))):
        value = z3.If(index == k, e, value)
    return value


def _entry(w: int, d: Derivation, index: Any) -> Any:
    entries, n = d.numbers[1], d.arguments[0][0]
    return _chosen(w, index, [z3.BitVecVal(entries >> k * w & ones(w), w) for k in range(1 << n)])


#: (width of the result, derivation, arguments) -> Z3's expression of the operation as it was asked for.
#: Written by itself, and not by the rows of `armsym.terms.kinds`: what it gives is compared with what they do.
_AS_EXECUTED: dict[str, Callable[..., Any]] = {
    "add": lambda w, d, a, b: a + b,
    "sub": lambda w, d, a, b: a - b,
    "neg": lambda w, d, a: -a,
    "mul": lambda w, d, a, b: a * b,
    "udiv": lambda w, d, a, b: z3.If(b == 0, z3.BitVecVal(0, w), z3.UDiv(a, b)),
    "clmul": _product,
    "xor": lambda w, d, a, b: a ^ b,
    "and_": lambda w, d, a, b: a & b,
    "or_": lambda w, d, a, b: a | b,
    "eq": lambda w, d, a, b: _flag(a == b),
    "ult": lambda w, d, a, b: _flag(z3.ULT(a, b)),
    "slt": lambda w, d, a, b: _flag(a < b),
    "shl_by": lambda w, d, a, b: a << b,
    "lshr_by": lambda w, d, a, b: z3.LShR(a, b),
    "ashr_by": lambda w, d, a, b: a >> b,
    "rotr_by": lambda w, d, a, b: _rotated(w, a, b),
    "lsl": _low,
    "lsr": _high,
    "asr": lambda w, d, a: a >> z3.BitVecVal(min(d.numbers[0], w - 1), w),
    "ror": _ror,
    "zext": lambda w, d, a: z3.ZeroExt(w - d.arguments[0][0], a),
    "sext": lambda w, d, a: z3.SignExt(w - d.arguments[0][0], a),
    "extract": lambda w, d, a: z3.Extract(d.numbers[0] + d.numbers[1] - 1, d.numbers[0], a),
    "concat": lambda w, d, *parts: z3.Concat(*parts) if len(parts) > 1 else parts[0],
    "ite": lambda w, d, c, a, b: z3.If(c == 1, a, b),
    "select": lambda w, d, index, *elements: _chosen(w, index, elements),
    "table": _entry,
}
