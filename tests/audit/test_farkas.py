"""Linear arguments: at the edges of the rule, against all small values, the same by Python, OCaml and Coq's kernel."""

from __future__ import annotations

import random
from itertools import product

import pytest
from proved_checkers import with_tools

from armsym.audit import proved
from armsym.audit.check import RefusedError
from armsym.audit.farkas import Argument, Form, follows, plus, times

# 0 <= 1 (x) <= 2 (y) <= 10
FACTS: list[Form] = [(0, {1: 1}), (0, {1: -1, 2: 1}), (10, {2: -1})]
GOOD = [
    Argument((10, {1: -1}), 3, {1: 1, 2: 1}),
    Argument((0, {2: 1}), 2, {0: 1, 1: 1}),
    Argument((0, {}), 0, {}),
    Argument((7, {}), 0, {}, 9),
    Argument((20, {1: -1, 2: -1}), 3, {1: 1, 2: 2}),
    Argument((5, {3: 1}), 4, {3: 1}, 2),
]
BAD = [
    Argument((9, {1: -1}), 3, {1: 1, 2: 1}),
    Argument((10, {1: -1}), 2, {1: 1, 2: 1}),
    Argument((10, {1: -1}), 3, {2: 1}),
    Argument((0, {1: -1}), 3, {0: -1}),
    Argument((-1, {}), 0, {}),
    Argument((-1, {}), 0, {}, 9),
    Argument((0, {}), 0, {}, 0),
    Argument((1, {}), 0, {}, -1),
    Argument((10, {1: -1}), 3, {1: 1, 7: 1}),
    Argument((4, {3: 1}), 4, {3: 1}, 2),
]
FACTS.append((11, {3: 2}))  # 2 * z >= -11, so that z >= -5


def accepted(a: Argument) -> bool:
    return follows(a.goal, FACTS[: a.known], a.multipliers, a.divisor)


@pytest.mark.parametrize("argument", GOOD, ids=str)
def test_what_follows_is_accepted(argument: Argument) -> None:
    assert accepted(argument)


@pytest.mark.parametrize("argument", BAD, ids=str)
def test_what_does_not_follow_is_refused(argument: Argument) -> None:
    assert not accepted(argument)


def random_arguments(seed: int) -> tuple[list[Form], list[Argument]]:
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
        arguments.append(Argument(total, known, taken, divisor))
    return facts, arguments


@pytest.mark.parametrize("seed", range(6))
def test_what_is_accepted_holds_for_all_small_values(seed: int) -> None:
    facts, arguments = random_arguments(seed)
    shown = [a for a in arguments if follows(a.goal, facts[: a.known], a.multipliers, a.divisor)]
    assert len(shown) > 5
    assert len(shown) < len(arguments)

    def value(form: Form, xs: tuple[int, ...]) -> int:
        return form[0] + sum(k * xs[n - 1] for n, k in form[1].items())

    for xs in product(range(-6, 7), repeat=3):
        holds = [value(fact, xs) >= 0 for fact in facts]
        assert all(value(a.goal, xs) >= 0 for a in shown if all(holds[: a.known]))


def test_python_and_ocaml_say_the_same() -> None:
    with_tools("coqc", "ocamlfind")
    assert proved.ocaml_linear(FACTS, GOOD) == []
    assert proved.ocaml_linear(FACTS, BAD) == sorted(BAD, key=lambda a: a.known)
    for seed in range(6):
        facts, arguments = random_arguments(seed)
        refused = [a for a in arguments if not follows(a.goal, facts[: a.known], a.multipliers, a.divisor)]
        assert sorted(map(str, proved.ocaml_linear(facts, arguments))) == sorted(map(str, refused))


def test_the_kernel_accepts_what_follows_and_nothing_else() -> None:
    with_tools("coqc")
    proved.kernel_linear(FACTS, GOOD)
    with pytest.raises(RefusedError, match="Coq does not accept"):
        proved.kernel_linear(FACTS, [*GOOD, BAD[0]])


def test_forms_without_zeros() -> None:
    assert plus((1, {1: 2}), (3, {1: 1, 2: 5}), -2) == (-5, {2: -10})
    assert times((1, {1: 2}), 0) == (0, {})
