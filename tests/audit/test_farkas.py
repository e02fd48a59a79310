"""Linear arguments: at the edges of the rule, against all small values, and about what words of a program can be.

The same by Python, OCaml and Coq's kernel.
"""

from __future__ import annotations

import random
from dataclasses import replace
from itertools import product

import pytest
from proved_checkers import with_tools

from armsym.audit import proved
from armsym.audit.check import RefusedError
from armsym.audit.columns import run
from armsym.audit.farkas import Argument, Form, plus, times
from armsym.audit.goals import Goals
from armsym.audit.ranges import reaches
from armsym.audit.raw import Program, ones

# 0 <= 1 (x) <= 2 (y) <= 10
# the last: 2 * z >= -11, so that z >= -5
FACTS: list[Form] = [(0, {1: 1}), (0, {1: -1, 2: 1}), (10, {2: -1}), (11, {3: 2})]


def argument(goal: Form, known: int, multipliers: dict[int, int], divisor: int = 1) -> Argument:
    """From the first so many facts."""
    return Argument(goal, FACTS[:known], multipliers, divisor)


GOOD = [
    argument((10, {1: -1}), 3, {1: 1, 2: 1}),
    argument((0, {2: 1}), 2, {0: 1, 1: 1}),
    argument((0, {}), 0, {}),
    argument((7, {}), 0, {}, 9),
    argument((20, {1: -1, 2: -1}), 3, {1: 1, 2: 2}),
    argument((5, {3: 1}), 4, {3: 1}, 2),
]
BAD = [
    argument((9, {1: -1}), 3, {1: 1, 2: 1}),
    argument((10, {1: -1}), 2, {1: 1, 2: 1}),
    argument((10, {1: -1}), 3, {2: 1}),
    argument((0, {1: -1}), 3, {0: -1}),
    argument((-1, {}), 0, {}),
    argument((-1, {}), 0, {}, 9),
    argument((0, {}), 0, {}, 0),
    argument((1, {}), 0, {}, -1),
    argument((10, {1: -1}), 3, {1: 1, 7: 1}),
    argument((4, {3: 1}), 4, {3: 1}, 2),
]


@pytest.mark.parametrize("argument", GOOD, ids=str)
def test_what_follows_is_accepted(argument: Argument) -> None:
    assert argument.holds


@pytest.mark.parametrize("argument", BAD, ids=str)
def test_what_does_not_follow_is_refused(argument: Argument) -> None:
    assert not argument.holds


def random_arguments(seed: int) -> list[Argument]:
    """Sums of facts, some a little more or less than what follows."""
    rnd = random.Random(seed)

    def form() -> Form:
        return rnd.randrange(-5, 6), {n: k for n in (1, 2, 3) if (k := rnd.randrange(-3, 4))}

    facts = [form() for _ in range(4)]
    arguments = []
    for _ in range(40):
        known = rnd.randrange(5)
        taken = {place: rnd.randrange(3) for place in range(known)}
        total: Form = (rnd.randrange(3), {})
        for place, k in taken.items():
            total = plus(total, facts[place], k)
        divisor = rnd.choice([1, 2, 3])
        if divisor > 1:  # the goal is what the sum is over the divisor, rounded up
            total = (-(-total[0] // divisor), {n: k // divisor for n, k in total[1].items() if k // divisor})
        if rnd.random() < 0.3:
            total = plus(total, (rnd.choice([-1, 1]), {}))
        arguments.append(Argument(total, facts[:known], taken, divisor))
    return arguments


@pytest.mark.parametrize("seed", range(6))
def test_what_is_accepted_holds_for_all_small_values(seed: int) -> None:
    arguments = random_arguments(seed)
    shown = [a for a in arguments if a.holds]
    assert all(a.short().holds for a in shown)
    assert len(shown) > 5
    assert len(shown) < len(arguments)

    def value(form: Form, xs: tuple[int, ...]) -> int:
        return form[0] + sum(k * xs[n - 1] for n, k in form[1].items())

    for xs in product(range(-6, 7), repeat=3):
        assert all(value(a.goal, xs) >= 0 for a in shown if all(value(fact, xs) >= 0 for fact in a.facts))


def about_numbers(arguments: list[Argument]) -> list[Goals]:
    """About no program: their numbers are any integers."""
    return [Goals(Program(), arguments)]


def test_python_and_ocaml_say_the_same() -> None:
    with_tools("coqc", "ocamlfind")
    assert proved.ocaml_linear(about_numbers(GOOD)) == []
    assert proved.ocaml_linear(about_numbers(BAD)) == BAD
    for seed in range(6):
        arguments = random_arguments(seed)
        assert proved.ocaml_linear(about_numbers(arguments)) == [a for a in arguments if not a.holds]


def test_the_kernel_accepts_what_follows_and_nothing_else() -> None:
    with_tools("coqc")
    proved.kernel_linear(about_numbers(GOOD))
    with pytest.raises(RefusedError, match="Coq does not accept"):
        proved.kernel_linear(about_numbers([*GOOD, BAD[0]]))


# -- what words can be


def every_operation() -> Program:
    """Each operation at the edges of what it is of: 0, one bit, all ones, exactly 2^w."""
    p = Program()
    a, b, none = p.var("a", ones(64)), p.var("b", 0b1010), p.var("none", 0)
    for c in (0, 1, ones(64), 1 << 64):
        k = p.const(c)
        p.xor(a, k), p.and_(a, k), p.mask(a, c), p.mulc(64, b, c)
    for by in (0, 1, 63, 64, 65):
        p.shl(a, by), p.shr(a, by)
        p.shr(p.shl(b, by), 1)
    for width in (0, 1, 32, 64, 65):
        p.add(width, a, b), p.mulc(width, a, ones(width))
    f = p.app("f.some", (a, b), 0b110)
    p.xor(p.and_(f, b), p.shl(f, 3)), p.xor(none, f), p.app("zero", (a,), 1), p.xor(b, b)
    p.mask(p.xor(f, p.shl(f, 1)), 0b1001)
    return p


def at_their_edges(p: Program) -> tuple[list[Argument], list[Argument]]:
    """For each node: that it is at least 0 and at most what it can be; and that it is more, or less."""
    good, bad = [], []
    for n, most in reaches(p, range(1, len(p))).items():
        within = [(n, most)]
        good += [Argument((0, {n: 1}), [], {0: 1}, 1, within), Argument((most, {n: -1}), [], {1: 1}, 1, within)]
        bad += [Argument((-1, {n: 1}), [], {0: 1}, 1, within), Argument((most - 1, {n: -1}), [], {1: 1}, 1, within)]
    return good, bad


def test_words_are_within_what_they_can_be() -> None:
    p = every_operation()
    most = reaches(p, range(1, len(p)))
    assert sorted(most) == list(range(1, len(p)))
    met = dict.fromkeys(most, 0)
    rnd = random.Random("ranges")

    def some(name: str, bits: int) -> int:
        return rnd.choice((0, bits, 1 << rnd.randrange(64), rnd.getrandbits(64)))

    for _ in range(300):
        values = run(p.instructions, some, lambda name, _: some(name, ones(64)))
        for n in most:
            assert values[n] & ~most[n] == 0, p[n]
            met[n] |= values[n]
    # Most can have each bit that they may have: all but an XOR of two that are one, and some products.
    assert sum(met[n] != most[n] for n in met) <= 6


def test_ranges_at_their_edges_by_all_three() -> None:
    with_tools("coqc", "ocamlfind")
    p = every_operation()
    good, bad = at_their_edges(p)
    assert all(a.holds and a.short() == a for a in good)
    assert not any(a.holds for a in bad)
    assert proved.ocaml_linear([Goals(p, good), Goals(p, bad)]) == bad
    proved.kernel_linear([Goals(p, good), *about_numbers(GOOD)])
    with pytest.raises(RefusedError, match="Coq does not accept"):
        proved.kernel_linear([Goals(p, [*good, bad[-1]])])


def test_a_range_that_the_program_does_not_have_is_believed_by_none_that_is_proved() -> None:
    with_tools("coqc", "ocamlfind")
    p = Program()
    n = p.var("n", 0xFF)
    m = p.add(64, n, p.const(1))
    right = Argument((255, {n: -1}), [], {1: 1}, 1, [(n, 255)])
    told = Argument((254, {n: -1}), [], {1: 1}, 1, [(n, 254)])
    assert right.holds
    assert told.holds  # it is Python that says what a word can be
    assert proved.ocaml_linear([Goals(p, [told, right])]) == [told]
    with pytest.raises(RefusedError, match="Coq does not accept"):
        proved.kernel_linear([Goals(p, [right, told])])
    # The same number in another program is another word.
    other = Program()
    other.var("n", 0xFFFF)
    assert proved.ocaml_linear([Goals(p, [right]), Goals(other, [right])]) == [right]
    # Of a node that is no sum of bits only the width tells.
    assert reaches(p, (m,)) == {m: ones(64)}


def test_facts_and_ranges_together() -> None:
    with_tools("coqc", "ocamlfind")
    p = Program()
    n, m = p.var("n", 0xFF), p.var("m", 0xF0)
    # n <= m, so 240 - n is at least 0, and 239 - n is not known to be.
    facts: list[Form] = [(9, {}), (0, {n: -1, m: 1})]
    within = [(n, 0xFF), (m, 0xF0)]
    multipliers = {1: 1, 5: 1}
    good = [Argument((240, {n: -1}), facts, multipliers, 1, within)]
    assert good[0].holds
    assert good[0].short() == Argument((240, {n: -1}), facts[1:], {0: 1, 2: 1}, 1, within[1:])
    bad = [
        Argument((239, {n: -1}), facts, multipliers, 1, within),
        Argument((240, {n: -1}), facts, {1: 1, 6: 1}, 1, within),
    ]
    bad += [
        replace(good[0], multipliers={1: 1, 4: 1}),
        replace(good[0], ranges=within[:1]),
        replace(good[0], facts=facts[:1]),
    ]
    assert not any(a.holds for a in bad)
    assert proved.ocaml_linear([Goals(p, [*good, good[0].short(), *bad])]) == bad
    proved.kernel_linear([Goals(p, [*good, good[0].short()])])


def test_forms_without_zeros() -> None:
    assert plus((1, {1: 2}), (3, {1: 1, 2: 5}), -2) == (-5, {2: -10})
    assert times((1, {1: 2}), 0) == (0, {})
