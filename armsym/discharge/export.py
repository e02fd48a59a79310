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

from collections.abc import Mapping, Sequence
from typing import Any

import z3

from armsym.bits import Bits, OpaqueFunction, Prop
from armsym.discharge.smtlib import satisfiable
from armsym.discharge.z3_bridge import Bridge
from armsym.errors import InputError
from armsym.terms.kinds import KINDS
from armsym.terms.node import App, Op, Term, Var, ones

__all__ = ["smt2", "to_z3"]

#: A defined function of at most so many bits is a table.
TABLE_BITS = 8


def to_z3(value: Bits | Prop, defined: Sequence[OpaqueFunction] = ()) -> Any:
    """`value` as an ordinary Z3 expression: a bit vector of as many bits for `Bits`, a Boolean for a `Prop`.

    It is the value's normal form; the terms as executed are not kept.  Uninterpreted functions stay so, and a model
    may give them any meaning, but for those in `defined` (an S-box, say: one argument of at most 8 bits), which are
    tables of all their values.  Raises `InputError` for anything else.
    """
    if not isinstance(value, (Bits, Prop)):
        raise InputError(f"to_z3 takes Bits or a Prop, not {type(value).__name__} {value!r}")
    bits = value.bit if isinstance(value, Prop) else value
    e = _Export(defined)(bits.value, bits.width)
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
        return KINDS["table"].z3(z3, table, self._get(t.args[0], n), entries)
