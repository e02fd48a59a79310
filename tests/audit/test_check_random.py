"""No claim that is false in a run is accepted, whatever program, hints and facts; and what is plainly equal is."""

from __future__ import annotations

import random

import pytest
from raw_programs import random_program, values

from armsym.audit.check import RefusedError, check, check_certificate
from armsym.audit.hints import Certificate, read, write
from armsym.certify.elaborate import Elaborator, elaborate


def true_pairs(runs: list[list[int]], count: int) -> list[tuple[int, int]]:
    """Pairs of instructions that are equal in all these runs."""
    groups: dict[tuple[int, ...], list[int]] = {}
    for i in range(1, count):
        groups.setdefault(tuple(r[i] for r in runs), []).append(i)
    return [(g[0], i) for g in groups.values() for i in g[1:]]


@pytest.mark.parametrize("seed", range(30))
def test_what_is_accepted_of_a_random_program_is_true(seed: int) -> None:
    rnd = random.Random(seed)
    program = random_program(rnd, 60)
    size = len(program)
    few = [values(program.instructions, (seed, k)) for k in range(3)]
    # Pairs that agree in few runs: some are equal, some are not, and any claim must hold in all further runs.
    pairs = true_pairs(few, size) + [(rnd.randrange(1, size), rnd.randrange(1, size)) for _ in range(20)]
    certificate, left = elaborate(program, {}, pairs)
    assert check_certificate(certificate) == [[] for _ in certificate.parts]
    shown = [claim for part in certificate.parts for claim in part.claims]
    assert set(shown) | set(left) == set(pairs)
    for k in range(25):
        run = values(program.instructions, (seed, "more", k))
        assert all(run[i] == run[j] for i, j in shown)
    again = read(write(Certificate(program, certificate.parts, 1)).splitlines())
    assert (again.program.instructions, again.parts) == (program.instructions, certificate.parts)


@pytest.mark.parametrize("seed", range(30))
def test_what_is_accepted_under_facts_is_true_where_they_hold(seed: int) -> None:
    rnd = random.Random(f"facts {seed}")
    program = random_program(rnd, 60)
    size = len(program)
    runs = [values(program.instructions, (seed, k)) for k in range(60)]
    elaborator = Elaborator(program)
    for _ in range(3):
        decided = [i for i in range(1, size) if program[i][0] == "App" or program[i][0] == "Xor"]
        given = {i: runs[0][i] for i in rnd.sample(decided, min(2, len(decided)))}
        fitting = [k for k, r in enumerate(runs) if all(r[i] == v for i, v in given.items())]
        pairs = true_pairs([runs[k] for k in fitting[:3]], size)
        before = len(elaborator.parts)
        elaborator.close(given, pairs)
        shown = [c for part in elaborator.parts[before:] for c in part.claims]
        for k in fitting:
            run = values(program.instructions, (seed, k))
            assert all(run[i] == run[j] for i, j in shown), given
    certificate = elaborator.certificate()
    assert check_certificate(certificate) == [[] for _ in certificate.parts]


def test_most_of_what_is_equal_by_algebra_is_shown() -> None:
    """The elaborator is not judged by soundness, so that it must find something is asserted apart."""
    equal = shown = 0
    for seed in range(20):
        program = random_program(random.Random(f"algebra {seed}"), 50, conditions=False)
        pairs = true_pairs([values(program.instructions, (seed, k)) for k in range(40)], len(program))
        _, left = elaborate(program, {}, pairs)
        equal += len(pairs)
        shown += len(pairs) - len(left)
    assert equal > 100
    assert shown >= 0.9 * equal


def test_nothing_is_shown_without_hints() -> None:
    program = random_program(random.Random(1), 20)
    a = program.xor(1, 2)
    b = program.xor(2, 1)
    assert check(program, [], {}, [(a, b), (a, a)]) == [(a, b)]
    hints = [("polyatom", 1), ("polyatom", 2), ("poly", a), ("poly", b)]
    assert check(program, hints, {}, [(a, b)]) == []
    with pytest.raises(RefusedError, match="no such form"):
        check(program, hints[1:], {}, [(a, b)])
