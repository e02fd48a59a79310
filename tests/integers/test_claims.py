"""What is taken from what is known, and what is not: bounds of words from those of numbers."""

from __future__ import annotations

import random

import pytest

from armsym.bits import Bits
from armsym.integers.claims import Argument, _most_of_words
from armsym.integers.expression import Integer, Relation, congruent, integer, within
from armsym.integers.relevance import relevant
from armsym.terms.node import Term, Var, intern, new_table


def word(name: str, width: int = 8) -> Bits:
    return Bits(width, Var(name, width))


def term(b: Bits) -> Term:
    assert isinstance(b.value, Term)
    return intern(b.value)


def relation(of: object) -> Relation:
    assert isinstance(of, Relation)
    return of


def holds(argument: Argument, n: int) -> list[bool]:
    return [argument.show(k).holds for k in range(n)]


def test_the_top_word_of_a_number_below_a_bound() -> None:
    new_table()
    words = [word(n) for n in "abc"]
    most = _most_of_words([relation(integer(words) < 2**17)])
    assert [most.get(term(w).id) for w in words] == [2**17 - 1, 2**9 - 1, 1]


@pytest.mark.parametrize("seed", range(50))
def test_no_word_can_be_more(seed: int) -> None:
    """Sums of two words of two bits times small numbers, either sign, bounded: all values tried."""
    new_table()
    rng = random.Random(seed)
    a, b = word("a", 2), word("b", 2)
    c, d, n = rng.randint(-3, 3), rng.randint(-3, 3), rng.randint(-2, 9)
    x = integer(a) * c + integer(b) * d
    r = within(-9, x + rng.randint(-2, 2), n + 1) if rng.random() < 0.5 else x + rng.randint(-2, 2) <= n
    if not isinstance(r, Relation):
        return
    most = _most_of_words([r])
    for u in range(4):
        for v in range(4):
            at = {term(a).id: u, term(b).id: v}
            if r.map(lambda w, at=at: Bits(2, at[term(w).id])) is True:  # type: ignore[misc]
                assert u <= most.get(term(a).id, 3)
                assert v <= most.get(term(b).id, 3)


def test_what_says_nothing_of_a_word() -> None:
    """A difference, a product, a congruence, a signed word, a lower bound."""
    new_table()
    a, b = word("a"), word("b")
    A, B, S = integer(a), integer(b), integer(a, signed=True)
    claims = [within(0, A - B, 4), A - B <= 3, A * B <= 3, congruent(A, 3, 7), S <= 3, A + B >= 3]
    assert _most_of_words([relation(r) for r in claims]) == {}


def test_the_bounds_are_used_and_do_not_go_too_far() -> None:
    new_table()
    words = [word("a", 64), word("b", 64)]
    A, top = integer(words), integer(words[1])
    known = [relation(A < 2**73)]
    asked = [relation(top < 2**9), relation(top < 2**9 - 1), relation(congruent(top // 2**9, 0, 5))]
    assert holds(Argument(known, asked), len(asked)) == [True, False, True]
    assert holds(Argument([], asked), len(asked)) == [False, False, False]


def test_a_sum_at_its_least_says_all_of_its_terms() -> None:
    """a + b + c <= 0 for words: so any sum of them is 0; with <= 1 it is not."""
    new_table()
    words = [word(n, 64) for n in "abcdefgh"]
    total = sum((integer(w) for w in words), start=0)
    asked = [relation(congruent(integer(words) * 2, 0, 2**512 - 1)), relation(integer(words) <= 0)]
    assert holds(Argument([relation(total <= 0)], asked), len(asked)) == [True, True]
    assert holds(Argument([relation(total <= 1)], asked), len(asked)) == [False, False]


def test_an_equation_with_a_product_says_what_an_unknown_is() -> None:
    """x = a * b - c, known: true claims of x by it, and each with one changed."""
    new_table()
    A, B, C, X = (integer(word(n, w)) for n, w in (("a", 8), ("b", 8), ("c", 8), ("x", 16)))
    value = A * B - C
    asked = [
        (congruent(X * 3, value * 3, 7), congruent(X * 3, value * 3 + 1, 7)),
        (value * A == X * A, value * A + B == X * A),
        (X <= 255 * 255, X <= 255 * 255 - 1),
        (X + C >= 0, X + C >= 1),
        (within(0, X + C - A * B, 1), within(1, X + C - A * B, 2)),
    ]
    for known in ([relation(value == X)], [relation(C + X == A * B), relation(A * B >= C)]):
        argument = Argument(known, [relation(r) for pair in asked for r in pair])
        assert holds(argument, 2 * len(asked)) == [True, False] * len(asked)


def test_what_became_known_last_is_used_first() -> None:
    """y is what x is and x what a is, modulo 7; of z nothing is known."""
    new_table()
    A, X, Y, Z = (integer(word(n)) for n in "axyz")
    known = [congruent(X, A * 5, 7), congruent(Y * 1, X * 3, 7), congruent(Y, A, 7)]
    asked = [congruent(Y, A * 15, 7), congruent(Y * 2, X * 6, 7), congruent(Y, Z, 7), congruent(X, A * 4, 7)]
    assert holds(Argument([relation(k) for k in known], [relation(r) for r in asked]), 4) == [True, True, False, False]


def test_an_equation_puts_what_a_residue_is_known_of() -> None:
    """x is a product, exactly, and a what y is modulo 7: neither says by itself what x is modulo 7."""
    new_table()
    A, B, Y = (integer(word(n)) for n in "aby")
    X = integer(word("x", 16))
    known = [relation(X == A * B), relation(congruent(A, Y * 2, 7))]
    asked = [congruent(X, Y * B * 2, 7), congruent(X, Y * B * 2 + 1, 7), congruent(X, Y * B * 2, 14)]
    for k, right in enumerate([True, False, False]):
        assert holds(Argument(known, [relation(asked[k])]), 1) == [right]
    # Modulo a number that the known one is no multiple of nothing follows.
    other = [known[0], relation(congruent(A, Y * 2, 14))]
    assert holds(Argument(other, [relation(asked[0]), relation(congruent(X, Y * B * 2, 28))]), 2) == [True, False]


@pytest.mark.parametrize("latest_first", [False, True])
@pytest.mark.parametrize("several", [False, True])
def test_what_grows_along_a_chain_of_residues_is_given_up(latest_first: bool, several: bool) -> None:
    """Each is the next one's square and more, so powers double: a lie is refused in seconds, not in years."""
    new_table()
    n = 40
    X, Y, Z = ([integer(word(f"{name}{k}")) for k in range(n + 1)] for name in "xyz")
    values = [(X[k + 1] + Y[k]) * (X[k + 1] + Z[k]) if several else X[k + 1] * X[k + 1] + X[k + 1] for k in range(n)]
    known = [relation(congruent(X[k], values[k], 97)) for k in range(n)]
    asked = [X[0] <= 5, congruent(X[0], X[n] + 1, 97), congruent(X[0] * 3, values[0] * 3, 97)]
    argument = Argument(known[::-1] if latest_first else known, [relation(r) for r in asked])
    assert holds(argument, 3) == [False, False, True]


def test_of_two_multiples_the_later_gives_an_equation() -> None:
    """Both say what x is modulo 2**32, in other words; by the later one, which lies in the range, it is 2 a b."""
    new_table()
    A, B, C, D = (integer(word(n)) for n in "abcd")
    X = integer(word("x", 32))
    known = [relation(congruent(X, C * D * 2, 2**32)), relation(congruent(X, A * B * 2, 2**32))]
    asked = [X == A * B * 2, X == A * B * 2 + 1, X + 2**32 == A * B * 2]
    assert [holds(Argument(known, [relation(r)]), 1) for r in asked] == [[True], [False], [False]]
    # Modulo half of that it may be 2**31 more.
    nearly = [relation(congruent(X, C * D * 2, 2**31)), relation(congruent(X, A * B * 2, 2**31))]
    assert holds(Argument(nearly, [relation(X == A * B * 2)]), 1) == [False]


def test_facts_that_have_nothing_to_do_with_a_question_are_left_out() -> None:
    new_table()
    A, B, C, D, E = (integer(word(n)) for n in "abcde")
    assert isinstance(A, Integer)
    assert isinstance(E, Integer)
    known = [relation(r) for r in (A + B <= 9, B + C <= 8, D * 2 + C * D <= 7)]
    argument = Argument(known, [relation(A <= 9)])
    assert holds(argument, 1) == [True]
    kernel, near = argument.kernel, argument.facts[:2]
    assert [f.P for f in relevant(kernel, [argument.polynomial(A)], argument.facts)][:2] == [f.P for f in near]
    assert relevant(kernel, [argument.polynomial(E)], argument.facts) == []
