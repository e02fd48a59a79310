"""Linear arguments: at the edges of the rule, against all small values, the same by Python, OCaml and Coq's kernel."""

from __future__ import annotations

import random
from itertools import product

import pytest
from proved_checkers import with_tools

from armsym.audit import proved
from armsym.audit.check import RefusedError
from armsym.audit.farkas import Argument, Form, plus, times

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


def test_python_and_ocaml_say_the_same() -> None:
    with_tools("coqc", "ocamlfind")
    assert proved.ocaml_linear(GOOD) == []
    assert proved.ocaml_linear(BAD) == BAD
    for seed in range(6):
        arguments = random_arguments(seed)
        assert proved.ocaml_linear(arguments) == [a for a in arguments if not a.holds]


def test_the_kernel_accepts_what_follows_and_nothing_else() -> None:
    with_tools("coqc")
    proved.kernel_linear(GOOD)
    with pytest.raises(RefusedError, match="Coq does not accept"):
        proved.kernel_linear([*GOOD, BAD[0]])


def test_forms_without_zeros() -> None:
    assert plus((1, {1: 2}), (3, {1: 1, 2: 5}), -2) == (-5, {2: -10})
    assert times((1, {1: 2}), 0) == (0, {})
