"""Where a claim is evaluated: under the facts of one path, and of none after that, whatever happens within."""

from __future__ import annotations

import pytest
from rooms import engine, machine, path, public

from armsym.bits import Bits, Prop, ite
from armsym.dsl import Proof
from armsym.proof.context import Context
from armsym.proof.path import Path
from armsym.proof.symbolic import SymbolicProof
from armsym.terms import ops

N = public("n")
A, B = public("a"), public("b")


def _proof() -> SymbolicProof:
    def fn(p: Proof) -> None:
        p.ensures(lambda s: {"x0": s.x0 == s.x0})

    return engine("ret", fn).p


def _on(*facts: Prop) -> Path:
    return path(machine(), *facts)


def _chosen() -> str:
    """Which way `n == 3` goes where it is asked: a, b, or not known."""
    v = ite(N == 3, A, B)
    return "a" if (v == A).value is True else "b" if (v == B).value is True else "?"


def test_within_and_after() -> None:
    p, yes, no = _proof(), _on(N == 3), _on(N != 3)
    assert (_chosen(), p.context) == ("?", None)
    outer, inner = Context(yes), Context(no, (Bits(64, 0),))
    with p.under(outer):
        assert (_chosen(), p.context) == ("a", outer)
        with p.under(inner):
            assert (_chosen(), p.context) == ("b", inner)
            with p.under(Context(_on())):
                assert _chosen() == "?"
            assert (_chosen(), p.context) == ("b", inner)
        assert (_chosen(), p.context) == ("a", outer)
    assert (_chosen(), p.context) == ("?", None)


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, GeneratorExit])
def test_after_an_exception(error: type[BaseException]) -> None:
    """Nested, raised within the inner one; both are left as they were."""
    p, outer, inner = _proof(), Context(_on(N == 3)), Context(_on(N != 3))
    with p.under(outer):
        with pytest.raises(error), p.under(inner):
            raise error
        assert (_chosen(), p.context) == ("a", outer)
    with pytest.raises(error), p.under(outer), p.under(inner):
        raise error
    assert (_chosen(), p.context) == ("?", None)


def test_an_oracle_of_someone_else_comes_back() -> None:
    p = _proof()
    before = ops.set_oracle(lambda c: 0)
    try:
        with p.under(Context(_on(N == 3))):
            assert _chosen() == "a"
        assert _chosen() == "b"
        with pytest.raises(ValueError, match="within"), p.under(Context(_on(N == 3))):
            raise ValueError("within")
        assert _chosen() == "b"
    finally:
        ops.set_oracle(before)


def test_what_is_kept_for_all_paths_is_computed_without_facts() -> None:
    """`memo` and blocks: within them no path's facts count, and again afterwards, also after an exception."""
    p, context = _proof(), Context(_on(N == 3))
    with p.under(context):
        with p._plainly():
            assert _chosen() == "?"
            assert p._pure
        assert (_chosen(), p._pure, p.context) == ("a", False, context)
        with pytest.raises(ValueError, match="within"), p._plainly():
            raise ValueError("within")
        assert (_chosen(), p._pure) == ("a", False)
        once = p.memo(lambda k: [ite(N == 3, k, k + 1)])
        kept = once(A)[0]
    assert (kept == A).value is not True
    with p.under(Context(_on(N != 3))):
        assert once(A)[0] is kept


def test_anchors_name_an_index() -> None:
    """An index that the facts show to be a + 2 is called that; one of which they show nothing stays as it is."""
    p = _proof()
    i, m = public("i", possible=0xFF), public("m", possible=0xFFFF)
    with p.under(Context(_on(m == i + 2), (i,))):
        assert (p._index(m) == i + 2).value is True
        assert p._index(A).value is A.value
        assert p._index(Bits(64, 7)).uint == 7
    with p.under(Context(_on(m == i + 2))):
        assert p._index(m).value is m.value
    with p.under(Context(_on(m == 9), (i,))):
        assert p._index(m).uint == 9
    assert p._index(m).value is m.value
