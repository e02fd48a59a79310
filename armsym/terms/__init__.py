"""Hash-consed bit-vector terms and their normal form.

`Term` and its kinds are in `node`; the operations that stay nodes are in `kinds`, a row each.  `ops` builds values
in normal form, by named rules (`rules`) that stand beside the operation they belong to, in `poly`, `linear`,
`slices`, `arithmetic`, `conditions` and `choices`.  `evaluate` says what terms mean, `show` prints them.  Each
module imports only those below it.  Nothing outside this package looks at a term's insides but the bridges to
solvers.
"""

from __future__ import annotations

from collections.abc import Mapping

from armsym.terms.evaluate import Evaluator, Substitution
from armsym.terms.node import Term, Value, Var, intern, new_table, node_count
from armsym.terms.show import show
from armsym.terms.walk import size

__all__ = [
    "Evaluator",
    "Substitution",
    "Term",
    "Value",
    "Var",
    "evaluate",
    "intern",
    "new_table",
    "node_count",
    "show",
    "size",
    "var",
]


def var(name: str, width: int, *, secret: bool = True, possible: int | None = None) -> Var:
    """A fresh variable; `possible` has a 0 at each bit assumed to be 0.  Equal names stay apart."""
    return Var(name, width, pb=possible, secret=secret)


def evaluate(value: Value, variables: Mapping[str, int]) -> int:
    """The number `value` stands for, with variables by name; raises `KeyError` for a missing one."""
    return Evaluator(lambda v: variables[v.name])(value)
