"""What a sum is made of is shared: by the term, by what reads it as a sum, and by sums made of it.

Whoever changed it would change facts that are known.  Types refuse that (`linear_view` gives a `Mapping`, and mypy is
strict); here, that the operations themselves do not.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from armsym.terms import ops
from armsym.terms.linear import linear_view
from armsym.terms.node import Sum, Term, Value, Var

X, Y, Z = (Var(name, 64) for name in "xyz")


def _sum() -> Sum:
    s = ops.add(64, ops.add(64, ops.mul(64, X, 3), ops.mul(64, Y, (1 << 64) - 1)), 5)
    assert isinstance(s, Sum)
    return s


@pytest.mark.parametrize(
    "what",
    [
        lambda s: ops.add(64, s, X),
        lambda s: ops.add(64, s, ops.mul(64, X, (1 << 64) - 3)),
        lambda s: ops.add(64, Y, s),
        lambda s: ops.add(64, s, 7),
        lambda s: ops.sub(64, s, s),
        lambda s: ops.sub(64, Z, s),
        lambda s: ops.neg(64, s),
        lambda s: ops.mul(64, s, 2),
        lambda s: ops.eq(64, s, Y),
        lambda s: ops.eq(64, s, s),
        lambda s: ops.ult(64, s, ops.add(64, X, Z)),
        lambda s: ops.extract(64, s, 0, 32),
    ],
)
def test_no_operation_changes_what_a_sum_is_made_of(what: Callable[[Term], Value]) -> None:
    s = _sum()
    before = dict(s.terms)
    made = what(s)
    kept = dict(linear_view(made)[0]) if isinstance(made, Term) else {}
    assert dict(s.terms) == before
    assert linear_view(s) == (before, 5)
    # Nor does what is done with the result, which may share it.
    if isinstance(made, Term) and made.width == 64:
        ops.add(64, made, ops.mul(64, X, 9))
        ops.sub(64, made, s)
    assert dict(s.terms) == before
    assert not isinstance(made, Term) or dict(linear_view(made)[0]) == kept


def test_a_sum_and_a_number_more_are_made_of_the_same() -> None:
    """Why it matters: two terms, one dict."""
    s = _sum()
    more = ops.add(64, s, 7)
    assert isinstance(more, Sum)
    assert more.terms is s.terms
