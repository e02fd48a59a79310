"""The values of folds: where one is forgotten, what rests on it goes, and nobody else notices."""

from __future__ import annotations

from rooms import engine, machine, path, public, secret, var

from armsym.bits import Bits
from armsym.dsl import Proof
from armsym.proof.context import Context
from armsym.proof.folds import FoldValues
from armsym.proof.handles import Fold
from armsym.proof.state import Words
from armsym.proof.symbolic import SymbolicProof
from armsym.terms.evaluate import free_terms
from armsym.terms.node import Var

A0, B0 = secret("a0"), secret("b0", 32)


def _proof() -> tuple[SymbolicProof, Fold, Fold]:
    """H(i + 1) = 3 * H(i) + i from two words; G of one, to see that it is left alone."""
    found: list[Fold] = []

    def fn(p: Proof) -> None:
        found.append(
            p.fold(lambda S, m: [S[0] * 3 + m[0], S[1] ^ S[0][31:0]], start=[A0, B0], over=lambda i: Words([i]))
        )
        found.append(p.fold(lambda S, m: [S[0] + m[0]], start=[A0], over=lambda i: Words([i]), name="G"))
        p.ensures(lambda s: {"x0": s.x0 == s.x0})

    return engine("ret", fn).p, found[0], found[1]


def _same(a: Words, b: Words) -> bool:
    return all(p.value is True for p in a == b)


def test_forget() -> None:
    """H(2) is arbitrary words of the same widths, H(0) and H(1) are as before; H(3) is not kept, nor any H(i)."""
    _, h, g = _proof()
    values = FoldValues()
    known: dict[object, Words] = {k: Words([A0 + k, B0 + k]) for k in range(5)}
    values.of(h).update(known)
    values.of(h)["term", 7] = Words([A0, B0])
    values.of(g)[3] = Words([A0 + 3])
    values.blocks[lambda j: [j], 1] = [A0]
    new = values.forget(h, 2)
    got = new.of(h)
    assert set(got) == {0, 1, 2}
    assert got[0] is known[0]
    assert got[1] is known[1]
    assert [w.width for w in got[2]] == [64, 32]
    assert len({var(w).id for w in got[2]}) == 2
    assert all(var(w).secret for w in got[2])
    assert _same(new.of(g)[3], Words([A0 + 3]))
    assert not new.blocks
    # The old ones are as they were, whatever is added to the new.
    new.of(g)[4] = Words([A0])
    new.of(h)[9] = Words([A0, B0])
    assert set(values.of(h)) == {*range(5), ("term", 7)}
    assert all(values.of(h)[k] is known[k] for k in range(5))
    assert set(values.of(g)) == {3}
    assert values.blocks


def test_forgetting_twice_gives_other_words() -> None:
    _, h, _ = _proof()
    values = FoldValues()
    first, second = values.forget(h, 1), values.forget(h, 1)
    third = first.forget(h, 1)
    seen = {var(w).id for f in (first, second, third) for w in f.of(h)[1]}
    assert len(seen) == 6
    assert not values.of(h)


def test_forgetting_the_start() -> None:
    """H(0) too can stand for any words: then nothing of before is left."""
    _, h, _ = _proof()
    values = FoldValues()
    values.of(h).update({0: h.start, 1: Words([A0, B0])})
    new = values.forget(h, 0)
    assert set(new.of(h)) == {0}
    assert not _same(new.of(h)[0], h.start)


def test_paths_that_part_keep_theirs() -> None:
    """One forgets H(1): from there its H(2) is made of other words; the other's is made of the start, as before."""
    p, h, _ = _proof()
    a = path(machine())
    with p.under(Context(a)):
        before = h(2)
    b = a.fork()
    b.folds = b.folds.forget(h, 1)
    with p.under(Context(b)):
        arbitrary = b.folds.of(h)[1]
        after = h(2)
        assert _same(h(1), arbitrary)
        assert _same(after, Words([arbitrary[0] * 3 + 1, arbitrary[1] ^ arbitrary[0][31:0]]))
        assert _same(h(0), h.start)
    with p.under(Context(a)):
        assert _same(h(2), before)
        assert _same(h(1), Words([A0 * 3, B0 ^ A0[31:0]]))
    assert {t for t in free_terms(after[0].value) if isinstance(t, Var)} == {var(arbitrary[0])}
    c = b.fork()
    assert c.folds is b.folds
    assert p.folds_on_entry.of(h).keys() <= {0}


def test_values_of_any_index_do_not_rest_on_what_was_forgotten() -> None:
    """H(i) stands for itself before and after; H(i + 1) is a step from it."""
    p, h, _ = _proof()
    i = public("i", possible=0xFF)
    a = path(machine())
    with p.under(Context(a)):
        at_i, after_i = h(i), h(i + 1)
    a.folds = a.folds.forget(h, 1)
    with p.under(Context(a)):
        assert _same(h(i), at_i)
        assert _same(h(i + 1), after_i)
        assert _same(h(i + 1), Words([at_i[0] * 3 + i, at_i[1] ^ at_i[0][31:0]]))
        assert not _same(h(Bits(64, 1)), h.start)
