"""The operations on values: the face of the normal form to `armsym.bits`.

Every function takes widths and values (ints or terms) and returns a value in normal form.
At least one argument is a term, unless said otherwise.
"""

from __future__ import annotations

from armsym.terms import node
from armsym.terms.arithmetic import (
    add,
    and_,
    ashr_by,
    asr,
    clmul,
    lshr_by,
    lsl,
    lsr,
    mul,
    neg,
    or_,
    ror,
    rotr_by,
    sext,
    shl_by,
    sub,
    udiv,
    xor,
)
from armsym.terms.choices import Oracle, argument, ite, select, set_oracle, table
from armsym.terms.conditions import eq, slt, ult
from armsym.terms.node import App, Term, Value, Var, intern
from armsym.terms.slices import concat, elements, extract, zext
from armsym.terms.walk import children, complete

__all__ = [
    "Oracle",
    "add",
    "and_",
    "apply",
    "ashr_by",
    "asr",
    "clmul",
    "concat",
    "elements",
    "eq",
    "extract",
    "is_secret",
    "ite",
    "lshr_by",
    "lsl",
    "lsr",
    "mul",
    "neg",
    "or_",
    "ror",
    "rotr_by",
    "select",
    "set_oracle",
    "sext",
    "shl_by",
    "slt",
    "sub",
    "table",
    "udiv",
    "ult",
    "xor",
    "zext",
]


def apply(
    name: str, width: int, args: list[tuple[int, Value]], *, secret: bool = False, definition: object = None
) -> Term:
    """An uninterpreted function of (width, value) arguments; its value is secret if it says so, or an argument is.

    `definition` is what the name stands for here, if anything: see `node.definitions`.
    """
    if definition is not None:
        node.define(name, definition)
    values = tuple(argument(w, v) for w, v in args)
    secret = secret or any(is_secret(v) for v in values)
    return node.app(name, width, tuple(w for w, _ in args), values, secret)


# -- secrets ------------------------------------------------------------------------------------

_secret_cache: dict[int, bool] = {}


def is_secret(v: Value) -> bool:
    """Whether the value depends on a secret variable."""
    if isinstance(v, int):
        return False
    if isinstance(v, (Var, App)):
        return v.secret
    return complete(intern(v), _secret_cache, _is_secret, _parts)


def _parts(t: Term) -> list[Value]:
    return [] if isinstance(t, App) else children(t)  # an application knows


def _is_secret(t: Term) -> bool:
    if isinstance(t, (Var, App)):
        return t.secret
    return any(_secret_cache[c.id] for c in children(t) if isinstance(c, Term))
