"""A function taken step by step: code that has its words rotated, or something else beside them in a vector."""

from __future__ import annotations

import pytest

from armsym.audit.check import check_certificate
from armsym.audit.raw import Program, ones
from armsym.audit.words import Words
from armsym.certify.elaborate import STRATEGIES, Order, elaborate

WORDS, STEPS = 5, 12
#: By how many bits the code has word k rotated to the right after each step; it has one as it is.
TURNS = (0, 1, 63, 20, 44)


def step(w: Words, state: list[int], k: int, *, order: int = 1) -> list[int]:
    """Even ones mix all words into each; odd ones turn each, and have conjunctions of three: as KECCAK-f has."""
    if k % 2 == 0:
        parity = w.xor(*state[::order])
        return [w.xor(a, parity, w.ror(64, parity, 63)) for a in state]
    turned = [w.ror(64, a, 7 + 9 * j) for j, a in enumerate(state)]
    n = [w.xor(a, w.and_(w.not_(64, turned[j - 4]), turned[j - 3])) for j, a in enumerate(turned)]
    return [w.xor(n[0], w.const(k + 1)), *n[1:]]


def standard() -> tuple[Words, list[int], list[tuple[int, ...]]]:
    """The words, the state on entry, and what each step comes to."""
    w = Words(Program())
    state = start = [w.program.var(f"a{k}", ones(64)) for k in range(WORDS)]
    steps = []
    for k in range(STEPS):
        state = step(w, state, k)
        steps.append(tuple(state))
    return w, start, steps


def claims_left(w: Words, claims: list[tuple[int, int]], steps: list[tuple[int, ...]]) -> int:
    """How many are not shown; what is shown is checked."""
    certificate, rest = elaborate(w.program, {}, claims, steps)
    shown = sum(len(part.claims) for part in certificate.parts)
    assert shown == len(claims) - len(rest)
    assert not any(check_certificate(certificate))
    return len(rest)


def rotated_code(w: Words, start: list[int], *, wrong: int = 0) -> list[int]:
    """The same steps on rotated words: an operand is turned when it is used; with `wrong` one by so many bits more."""
    held, turns = start, (0,) * WORDS
    for k in range(STEPS):
        now = []
        for j, turn in enumerate(TURNS):
            # (All that word j is made of is rotated as it is: so no word of the standard's is there, but word 0.)
            operands = [w.ror(64, a, (turn - t) % 64) if turn != t else a for a, t in zip(held, turns, strict=True)]
            if k == STEPS - 2 and wrong:
                operands[3] = w.ror(64, operands[3], wrong)
            now.append(step(w, operands, k)[j])
        held, turns = now, TURNS
    return [w.ror(64, a, 64 - t) if t else a for a, t in zip(held, TURNS, strict=True)]


def test_words_that_are_held_rotated() -> None:
    w, start, steps = standard()
    code = rotated_code(w, start)
    assert not set(code[1:]) & set(steps[-1])
    assert claims_left(w, list(zip(code, steps[-1], strict=True)), steps) == 0


@pytest.mark.parametrize("wrong", [1, 63])
def test_words_that_are_rotated_too_far(wrong: int) -> None:
    w, start, steps = standard()
    code = rotated_code(w, start, wrong=wrong)
    assert claims_left(w, list(zip(code, steps[-1], strict=True)), steps) == WORDS


@pytest.mark.parametrize("lie", [False, True])
def test_something_else_in_the_upper_half(lie: bool) -> None:
    """Which has more terms with each step, and no name in the standard: the lower half is told all the same."""
    w, start, steps = standard()
    upper = [w.program.var(f"u{k}", ones(64)) for k in range(WORDS)]
    lower = list(start)
    for k in range(STEPS):
        lower, upper = step(w, lower, k, order=-1), step(w, upper, k + 2 * lie)
    vectors = [w.joined(64, pair) for pair in zip(lower, upper, strict=True)]
    halves = [w.bits(v, 64 * lie, 64) for v in vectors]
    assert claims_left(w, list(zip(halves, steps[-1], strict=True)), steps) == WORDS * lie


def test_what_showed_most_comes_first_at_the_next_cut() -> None:
    order = Order()
    order.learn({STRATEGIES[0]: 44, STRATEGIES[1]: 64})
    assert order.strategies == (STRATEGIES[1], STRATEGIES[0], STRATEGIES[2])
    order.learn({STRATEGIES[0]: 104, STRATEGIES[1]: 104})
    assert order.strategies[0] == STRATEGIES[1]
    order.learn({})
    assert sorted(order.strategies) == sorted(STRATEGIES)


@pytest.mark.parametrize("first", STRATEGIES)
def test_whatever_comes_first_all_is_shown(first: tuple[int, bool]) -> None:
    """Bytes of a counter, and words: each strategy shows one of them alone, or none."""
    w = Words(Program())
    n, m = (w.program.var(name, ones(64)) for name in "nm")
    total = w.add(64, n, m)
    low = w.add(8, w.mask(n, 0xFF), w.mask(m, 0xFF))
    word = w.add(32, w.mask(n, ones(32)), w.mask(m, ones(32)))
    order = Order((first, *(s for s in STRATEGIES if s != first)))
    claims = [(w.mask(total, 0xFF), low), (w.mask(total, ones(32)), word)]
    certificate, rest = elaborate(w.program, {}, claims, order=order)
    assert rest == []
    assert not any(check_certificate(certificate))


def test_steps_are_looked_for_only_where_forms_grow() -> None:
    w, start, steps = standard()
    code = rotated_code(w, start)
    order = Order()
    mixed, again = step(w, start, 0), step(w, start, 0, order=-1)
    certificate, rest = elaborate(w.program, {}, list(zip(mixed, again, strict=True)), (), steps, order)
    assert rest == []
    assert order.plain
    assert not any(check_certificate(certificate))
    # Those of twelve steps have many terms, and what the steps come to shows them.
    order = Order()
    certificate, rest = elaborate(w.program, {}, list(zip(code, steps[-1], strict=True)), (), steps, order)
    assert rest == []
    assert not order.plain
    assert not any(check_certificate(certificate))
