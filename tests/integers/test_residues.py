"""Numbers of several limbs as unknowns, and residues as definitions: what is shown is true, and no more is."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest
from checker import check
from test_arguments import true_in

import armsym.integers.claims
from armsym.bits import Bits, concat
from armsym.integers.claims import Argument
from armsym.integers.expression import Relation, congruent, integer, within
from armsym.integers.kernel import Contradiction, Kernel, Multiple, Unsound
from armsym.integers.polynomial import Polynomial
from armsym.integers.residues import eliminated
from armsym.terms.evaluate import Evaluator
from armsym.terms.node import Var, new_table

P = 2**255 - 19
R = 2**256


def number(name: str, limbs: int = 4, w: int = 64) -> Any:
    """A number of so many words, as one unknown."""
    return integer(concat(*(Bits(w, Var(f"{name}{k}", w)) for k in range(limbs))))


def product(r: Any, a: Any, b: Any, m: int = P) -> list[Any]:
    """What a Montgomery multiplication says of its result."""
    return [within(0, r, m), congruent(r * R, a * b, m)]


def show(known: list[Any], asked: Any) -> bool:
    """Whether it is shown; then its certificate is accepted, too."""
    log: list[list[Any]] = []
    found = Argument(known, [asked], log).show(0)
    told = json.loads(json.dumps(log))
    assert bool(check(told)) is found.holds
    return found.holds


def test_a_tower_of_products() -> None:
    """(a*b)^2 * (a*b) in Montgomery's form; 24 monomials to the third power would be 3,000 in limbs, here it is one."""
    new_table()
    a, b, c, d, e = (number(n) for n in "abcde")
    known = [*product(c, a, b), *product(d, c, c), *product(e, d, c)]
    assert show(known, congruent(e * R**5, (a * b) ** 3, P))
    assert not show(known, congruent(e * R**4, (a * b) ** 3, P))
    assert not show(known, congruent(e * R**5, (a * b) ** 3 + a, P))
    assert not show(known, congruent(e * R**5, (a * b) ** 3, P + 2))
    assert not show(known[:-1], congruent(e * R**5, (a * b) ** 3, P))
    assert show(known, e < P)
    assert not show(known, e < P - 1)


def test_the_modulus_has_to_divide() -> None:
    new_table()
    a, b, c = (number(n) for n in "abc")
    assert show([congruent(c, a * b, 3 * P)], congruent(c, a * b, P))
    assert not show([congruent(c, a * b, P)], congruent(c, a * b, 3 * P))


def test_a_coefficient_without_inverse_defines_nothing() -> None:
    new_table()
    a, c = number("a"), number("c")
    known = [congruent(c * 3, a * 3, 3 * 5)]
    assert not show(known, congruent(c, a, 15)), "c = a + 5"
    assert show(known, congruent(c, a, 5))


def test_division_by_what_defines_nothing() -> None:
    """u = a b^2 and v = c d^2 are congruent, and so is what is a multiple of the difference."""
    new_table()
    a, b, c, d, e, u, v, w = (number(n) for n in "abcdefgh")
    known = [congruent(u, a * b * b, P), congruent(v, c * d * d, P), congruent(w, u - v, P), within(0, w, P)]
    assert not show(known, congruent(w, 0, P))
    known.append(congruent(a * b * b * 7, c * d * d * 7, P))
    assert show(known, congruent(w, 0, P))
    assert show(known, w == 0), "a multiple of p below p"
    assert show(known, congruent((a * b * b - c * d * d) * e * 5 + e, e, P))
    assert not show(known, congruent(a * b, c * d, P))
    assert not show(known, u == v), "their ranges are not known"


def test_a_multiple_within_a_range() -> None:
    new_table()
    a, b = number("a"), number("b")
    here = [congruent(a, b * P, P)]
    assert show([*here, within(0, a, P)], a == 0)
    assert not show([*here, within(0, a, P + 1)], a == 0)
    assert show([*here, within(1, a, P + 1)], a == P)
    assert not show([*here, within(1, a, P)], a == 0), "no such number: of none nothing is said"
    assert not show([*here, within(1, a, P)], a == 1)


def test_the_rule_at_its_edges() -> None:
    kernel = Kernel()
    x = kernel.unknown("x", 0, 100)
    X: Polynomial = {(x,): 1}
    of = kernel.given_multiple(X, 7)
    for lo, hi, low, high in ((0, 6, 0, 0), (0, 7, 0, 7), (1, 7, 7, 7), (1, 13, 7, 7), (7, 14, 7, 14), (8, 13, 14, 7)):
        f = kernel.whole(kernel.given(X, lo, hi), of)
        assert (f.lo, f.hi) == (low, high)
        assert f.impossible is (not any(v % 7 == 0 for v in range(lo, hi + 1)))
    assert kernel.whole(kernel.suppose(X, 8, 9), of).under, "what is supposed stays supposed"
    y = kernel.unknown("y", -9, 9)
    Y: Polynomial = {(y,): 1}
    f = kernel.whole(kernel.derive(Y), kernel.given_multiple(Y, 7))
    assert (f.lo, f.hi) == (-7, 7)
    with pytest.raises(Unsound, match="different polynomials"):
        kernel.whole(kernel.derive(Y), of)
    with pytest.raises(Unsound, match="another argument"):
        Kernel().whole(kernel.derive(X), of)


def test_what_is_taken_off_adds_up() -> None:
    """P = Q + the sum of polynomial * multiple, whatever is known."""
    rng = random.Random(5)
    for modulus in (7, 15, 101):
        for _ in range(60):
            kernel = Kernel()
            x = [kernel.unknown("x", 0, 50) for _ in range(5)]

            def polynomial(kernel: Kernel = kernel, x: list[int] = x) -> Polynomial:
                out: Polynomial = {}
                for _ in range(rng.randrange(1, 5)):
                    _, m = kernel.times((), tuple(sorted(rng.choices(x, k=rng.randrange(4)))))
                    out[m] = rng.randrange(1, 200)
                return out

            known: list[Multiple] = [
                kernel.given_multiple(polynomial(), modulus * rng.choice([1, 2])) for _ in range(4)
            ]
            goal = polynomial()
            Q, used = eliminated(kernel, goal, modulus, known)
            left = kernel.multiple({}, modulus)
            assert left is not None
            # The kernel refuses unless goal - Q is what was taken off.
            rest = {m: goal.get(m, 0) - Q.get(m, 0) for m in goal.keys() | Q.keys()}
            kernel.transfer(left, {m: c for m, c in rest.items() if c}, [], used)


def test_against_all_values_of_small_words(monkeypatch: pytest.MonkeyPatch) -> None:
    """Numbers of two words of two bits: what is shown is true of all values of which what is known holds."""
    monkeypatch.setattr(armsym.integers.claims, "WIDEST_LIMB", 2)
    rng = random.Random(11)
    shown = 0
    for _ in range(250):
        new_table()
        words = [Var(f"w{k}", 2) for k in range(6)]
        numbers: list[Any] = [integer(concat(Bits(2, words[k + 1]), Bits(2, words[k]))) for k in (0, 2, 4)]
        modulus = rng.choice([3, 5, 7, 9])

        def expression(numbers: list[Any] = numbers) -> Any:
            a, b = rng.choices(numbers, k=2)
            return rng.choice([a * b, a + b, a - b, a * rng.randrange(1, 9), a, a * 0])

        known: list[Any] = [
            congruent(rng.choice(numbers) * rng.randrange(1, 9), expression(), modulus) for _ in range(2)
        ]
        known.append(within(0, rng.choice(numbers), rng.choice([modulus, modulus + 1])))
        asked = rng.choice(
            [
                congruent(rng.choice(numbers) * rng.randrange(1, 9), expression(), modulus),
                rng.choice(numbers) == rng.choice([0, 0, modulus]),
            ]
        )
        relations = [r for r in known if isinstance(r, Relation)]
        if not isinstance(asked, Relation) or any(r is False for r in known):
            continue
        try:
            holds = Argument(relations, [asked]).show(0).holds
        except Contradiction:
            continue
        if not holds:
            continue
        shown += 1
        for v in range(1 << 12):
            world = {t: v >> 2 * k & 3 for k, t in enumerate(words)}
            evaluate = Evaluator(world)
            if all(true_in(r, evaluate) for r in relations):
                assert true_in(asked, evaluate), (relations, asked, world)
    assert shown > 15
