"""Each rule of the kernel at the edge of what it asks for, and calls that would make a false fact."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from armsym.integers.floors import Floor, is_floor
from armsym.integers.kernel import Fact, Kernel, Multiple, Supposition, Unsound
from armsym.integers.polynomial import ONE, Polynomial, const


def supposition(f: Fact) -> Supposition:
    (s,) = f.under
    return s


def two(lo: int = 0, hi: int = 9) -> tuple[Kernel, int, int]:
    kernel = Kernel()
    return kernel, kernel.unknown("x", lo, hi), kernel.unknown("y", lo, hi)


# -- suppositions ---------------------------------------------------------------------------------


def test_what_a_cofactor_supposes_stays() -> None:
    kernel, x, y = two()
    zero = kernel.suppose({(x,): 1}, 0, 0)
    product: Polynomial = {(x, y): 1}
    f = kernel.derive(product, (), [({(y,): 1}, zero)])
    assert (f.lo, f.hi, f.under) == (0, 0, zero.under)
    m = kernel.multiple(product, 7, [({(y,): 1}, zero)])
    assert m is not None
    assert m.under == zero.under
    nothing = kernel.multiple({}, 7)
    assert nothing is not None
    assert kernel.transfer(nothing, product, [({(y,): 1}, zero)]).under == zero.under
    assert kernel.transfer(nothing, product, [], [(const(1), m)]).under == zero.under
    assert kernel.transfer(m, product, []).under == zero.under
    with pytest.raises(Unsound):
        kernel.same(product, {}, [({(y,): 1}, zero)])


def test_meeting_facts_suppose_what_each_does() -> None:
    kernel, x, y = two()
    low, high = kernel.suppose({(x,): 1}, None, 4), kernel.suppose({(x,): 1}, 3, None)
    f = kernel.meet(low, high)
    assert (f.lo, f.hi, f.under) == (3, 4, low.under | high.under)
    with pytest.raises(Unsound, match="different polynomials"):
        kernel.meet(low, kernel.derive({(y,): 1}))


def test_a_case_takes_its_own_supposition_away_only() -> None:
    kernel, x, y = two()
    P: Polynomial = {(x,): 1}
    low, high = kernel.suppose(P, None, 4), kernel.suppose(P, 5, None)
    beside = kernel.suppose({(y,): 1}, 3, 3)
    Q: Polynomial = {(x,): 1, (y,): 1}
    both = [kernel.derive(Q, [(1, s), (1, beside)]) for s in (low, high)]
    on = [supposition(low), supposition(high)]
    assert kernel.cases(Q, both, on).under == beside.under
    # Shown of the other case in either: each keeps what it supposes.
    assert kernel.cases(Q, both[::-1], on).under == beside.under | set(on)
    assert kernel.cases(Q, [both[0], both[0]], on).under == beside.under | {on[0]}


def test_cases_are_about_one_polynomial() -> None:
    kernel, x, y = two()
    P: Polynomial = {(x,): 1}
    low, high = kernel.suppose(P, None, 4), kernel.suppose(P, 5, None)
    on = [supposition(low), supposition(high)]
    f = kernel.cases(P, [low, high], on)
    assert (f.lo, f.hi) == (0, 9)
    with pytest.raises(Unsound):
        kernel.cases({(y,): 1}, [low, high], on)
    with pytest.raises(Unsound):
        kernel.cases(P, [low], on)
    with pytest.raises(Unsound):
        kernel.cases(P, [], [])
    three, six = (kernel.multiple({(x,): 6}, m) for m in (3, 6))
    assert three is not None
    assert six is not None
    assert kernel.multiple_by_cases({(x,): 6}, 6, [six, six], on).modulus == 6
    wrongs: list[list[Multiple | Fact]] = [[six, three], [three, six], [six, high]]
    for wrong in wrongs:
        with pytest.raises(Unsound):
            kernel.multiple_by_cases({(x,): 6}, 6, wrong, on)


@pytest.mark.parametrize(
    ("spans", "covered"),
    [
        ([(None, 4), (5, None)], True),
        ([(5, None), (None, 4)], True),
        ([(0, 9)], True),
        ([(0, 0), (1, 9)], True),
        ([(0, 5), (3, 9)], True),
        ([(0, 8), (2, 3), (9, 9)], True),
        ([(None, 4), (6, None)], False),
        ([(1, None)], False),
        ([(None, 8)], False),
        ([(0, 3), (5, 4), (5, 9)], False),
        ([(5, 9), (0, 3)], False),
        ([(0, 4), (0, 4)], False),
    ],
)
def test_cases_cover(spans: list[tuple[int | None, int | None]], covered: bool) -> None:
    kernel, x, _ = two()
    facts = [kernel.suppose({(x,): 1}, *span) for span in spans]
    if covered:
        assert not kernel.cases({(x,): 1}, facts, [supposition(f) for f in facts]).under
    else:
        with pytest.raises(Unsound, match="no case for"):
            kernel.cases({(x,): 1}, facts, [supposition(f) for f in facts])


# -- numbers --------------------------------------------------------------------------------------


@pytest.mark.parametrize("divisor", [1, 2, 3, 7])
def test_bounds_are_rounded_inwards(divisor: int) -> None:
    for least in range(-15, 3):
        kernel = Kernel()
        x = kernel.unknown("x", -5, 5)
        f = kernel.derive({(x,): 1}, [(1, kernel.suppose({(x,): divisor}, least, least + 9))], divisor=divisor)
        values = [v for v in range(-5, 6) if least <= v * divisor <= least + 9]
        if values:
            assert (f.lo, f.hi) == (min(values), max(values))
        else:
            assert f.impossible


def test_powers() -> None:
    for lo, hi in ((-2, 3), (-3, -2), (2, 3), (0, 3), (-3, 0)):
        kernel = Kernel()
        x, y = kernel.unknown("x", lo, hi), kernel.unknown("y", -1, 2)
        for n in (1, 2, 3, 4):
            values = [v**n for v in range(lo, hi + 1)]
            assert kernel.monomial_bounds((x,) * n) == (min(values), max(values))
            values = [v**n * w for v in range(lo, hi + 1) for w in (-1, 0, 1, 2)]
            assert kernel.monomial_bounds((x,) * n + (y,)) == (min(values), max(values))


@pytest.mark.parametrize("lo", [-2, -1, 0, 1])
@pytest.mark.parametrize("n", [0, 1, 2])
def test_squares(lo: int, n: int) -> None:
    kernel = Kernel()
    x = kernel.unknown("x", lo, lo + n)
    for k in (2, 3, 4):
        power: Polynomial = const(1)
        for _ in range(k):
            power = kernel.mul(power, {(x,): 1})
        for v in range(lo, lo + n + 1):
            assert sum(c * v ** len(m) for m, c in power.items()) == v**k


def test_the_constant_counts_as_well() -> None:
    kernel, x, _ = two()
    assert kernel.multiple({(x,): 3, ONE: 1}, 3) is None
    assert kernel.congruent({(x,): 3, ONE: 1}, {}, 3) is None
    assert kernel.congruent({(x,): 3, ONE: 1}, {}, 1) is not None
    six, four = kernel.multiple({(x,): 6}, 6), kernel.given_multiple({(x,): 1}, 4)
    assert six is not None
    with pytest.raises(Unsound):
        kernel.transfer(six, {(x,): 6, ONE: 1}, [])
    with pytest.raises(Unsound, match="need be none of 6"):
        kernel.transfer(six, {(x,): 7}, [], [(const(1), four)])
    two_of_it = kernel.multiple({(x,): 2}, 2)
    assert two_of_it is not None
    assert kernel.transfer(two_of_it, {(x,): 3}, [], [(const(1), four)]).modulus == 2
    with pytest.raises(Unsound):
        kernel.transfer(kernel.given_multiple({}, 12), {(x,): 1}, [], [(const(1), four)])


def test_only_equations_are_multiplied() -> None:
    kernel, x, y = two()
    zero = kernel.multiple({}, 5)
    assert zero is not None
    nearly, never = kernel.suppose({(x,): 1}, 0, 1), kernel.suppose({(x,): 1}, 10, 0)
    rules: list[Callable[[Fact], object]] = [
        lambda f: kernel.derive({(x, y): 1}, (), [({(y,): 1}, f)]),
        lambda f: kernel.multiple({(x, y): 1}, 5, [({(y,): 1}, f)]),
        lambda f: kernel.transfer(zero, {(x, y): 1}, [({(y,): 1}, f)]),
    ]
    for rule in rules:
        for f in (nearly, never):
            with pytest.raises(Unsound, match="no equation"):
                rule(f)


def test_names_and_quotients_are_told_apart() -> None:
    kernel, x, y = two()
    q = kernel.quotient("q", kernel.derive({(x,): 7, (y,): 5}), 2)
    assert kernel.congruent({(q,): 1}, {(x,): 7, (y,): 5}, 3) is None
    n = kernel.quotient("n", kernel.derive({(x,): 7, (q,): 5}), 1)
    square = kernel.mul({(n,): 1}, {(n,): 1})
    # (7x + 5q)**2 = 49 x**2 + 70 xq + 25 q**2
    assert kernel.congruent(square, {(x, x): 1, (x, q): 1, (q, q): 1}, 3) is not None
    assert kernel.congruent(square, {(x, x): 1, (x, q): 2, (q, q): 1}, 3) is None
    assert kernel.congruent(square, {(x, x): 49, (x, q): 70, (q, q): 24}, 5) is None


def test_quotients_know_their_bounds() -> None:
    for lo, m in ((-7, 2), (-7, 3), (0, 4), (3, 5)):
        kernel = Kernel()
        x = kernel.unknown("x", lo, lo + 9)
        q = kernel.atoms[kernel.quotient("q", kernel.derive({(x,): 1}), m)]
        assert (q.lo, q.hi) == (lo // m, (lo + 9) // m)
        f = kernel.derive({(x,): 1, (1,): -m}, [(1, 1)])
        assert (f.lo, f.hi) == (0, m - 1)


def test_a_floor_is_one_without_suppositions() -> None:
    kernel, x, _ = two()
    E: Polynomial = {(x,): 1}
    for lo, hi, m in ((-1, 3, 4), (0, 4, 4)):
        with pytest.raises(Unsound, match="not shown to be the quotient"):
            is_floor(E, m, Floor({}, kernel.given(E, lo, hi) if lo >= 0 else kernel.derive({(x,): 1, ONE: lo})))
    with pytest.raises(Unsound, match="not shown to be the quotient"):
        is_floor(E, 4, Floor({}, kernel.suppose(E, 0, 3)))
    with pytest.raises(Unsound, match="not shown to be the quotient"):
        is_floor({(x,): 1, ONE: -1}, 9, Floor({}, kernel.derive({(x,): 1, ONE: -1})))
    assert is_floor(E, 10, Floor({}, kernel.derive(E))).F == {}


# -- what is shown --------------------------------------------------------------------------------


def test_what_counts_as_shown() -> None:
    kernel, x, y = two()
    P: Polynomial = {(x,): 1}
    f = kernel.derive(P)
    assert kernel.shown(f, P, 0, 0, 9)
    assert kernel.shown(f, P, 0, None, None)
    assert not kernel.shown(f, P, 0, 1, 9)
    assert not kernel.shown(f, P, 0, 0, 8)
    assert not kernel.shown(f, P, 5, None, None)
    assert not kernel.shown(f, {(y,): 1}, 0, 0, 9)
    assert not kernel.shown(kernel.suppose(P, 0, 9), P, 0, 0, 9)
    assert not kernel.shown(kernel.given(P, 10, None), P, 0, 0, 9)  # what cannot be says nothing
    m = kernel.multiple({(x,): 6}, 3)
    assert m is not None
    assert kernel.shown(m, {(x,): 6}, 3, None, None)
    assert not kernel.shown(m, {(x,): 6}, 6, None, None)
    assert not kernel.shown(m, {(x,): 6}, 0, None, None)
    with pytest.raises(Unsound, match="another argument"):
        Kernel().shown(f, P, 0, None, None)


# -- facts do not change --------------------------------------------------------------------------


def test_a_fact_does_not_change() -> None:
    kernel, x, y = two()
    mine: Polynomial = {(x,): 1}
    f = kernel.derive(mine)
    q = kernel.quotient("q", f, 2)
    mine[(y,)] = 5
    assert {(x,): 1} == f.P
    assert {(x,): 1} == kernel.atoms[q].E
    changes: list[Callable[[], Any]] = [
        lambda: f.P.__setitem__((y,), 1),
        lambda: f.P.pop((x,)),
        f.P.clear,
        lambda: f.P.update({(y,): 1}),
        lambda: f.P.setdefault((y,), 1),
        lambda: f.P.__delitem__((x,)),
        f.P.popitem,
        lambda: setattr(f, "lo", 5),
        lambda: setattr(f, "under", frozenset()),
        lambda: setattr(kernel.atoms[x], "hi", 0),
        lambda: setattr(kernel.given_multiple({(x,): 1}, 2), "modulus", 4),
    ]
    for change in changes:
        with pytest.raises(Unsound, match="does not change"):
            change()


@pytest.mark.parametrize(
    "call",
    [
        lambda k, x: k.derive({(-1,): 1}),  # would be the latest atom, whichever that is
        lambda k, x: k.derive({(7,): 1}),
        lambda k, x: k.derive({(x,): 0.5}),
        lambda k, x: k.derive({(x,): 1}, [(0.5, k.derive({(x,): 2}))]),
        lambda k, x: k.derive({(x,): 1}, divisor=1.5),
        lambda k, x: k.derive({(x,): 1}, divisor=-1),
        lambda k, x: k.derive({(x,): 1}, [(1, -1)]),
        lambda k, x: k.derive({(x,): 1}, (), [({(x,): 0.5}, k.given({}, 0, 0))]),
        lambda k, x: k.suppose({(x,): 1}, 0.5, None),
        lambda k, x: k.given({(x,): 1}, 0.5, None),
        lambda k, x: k.unknown("y", 0, 0.5),
        lambda k, x: k.multiple({(x,): 1}, -1),
        lambda k, x: k.multiple({(x,): 2.0}, 2),
        lambda k, x: k.given_multiple({(x,): 1}, 0),
        lambda k, x: k.quotient("q", k.derive({(x,): 1}), 0.5),
        lambda k, x: k.quotient("q", k.given({(x,): 1}, 5, 4), 2),
    ],
)
def test_calls_that_make_no_fact(call: Callable[[Kernel, int], object]) -> None:
    kernel = Kernel()
    x = kernel.unknown("x", 0, 9)
    with pytest.raises(Unsound):
        call(kernel, x)
