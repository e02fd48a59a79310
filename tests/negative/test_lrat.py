"""A certificate that shows nothing is refused; so no set of clauses with a model is ever certified."""

from __future__ import annotations

import random
from collections.abc import Sequence
from itertools import product
from types import ModuleType

import pytest
from planting import Bug, plant

from armsym.sat import lrat
from armsym.sat.hints import NoCertificate, with_hints
from armsym.sat.lrat import Refused, check

#: No model: each of four combinations of two variables is excluded.
SQUARE = [(1, 2), (1, -2), (-1, 2), (-1, -2)]
SHOWN = ["5 1 0 1 2 0", "6 0 5 3 4 0"]


def satisfiable(clauses: Sequence[Sequence[int]], count: int) -> bool:
    models = product((False, True), repeat=count)
    return any(all(any(m[abs(x) - 1] == (x > 0) for x in c) for c in clauses) for m in models)


def pigeons(n: int) -> list[tuple[int, ...]]:
    """n + 1 pigeons have no n holes of their own."""
    clauses: list[tuple[int, ...]] = [tuple(i * n + j + 1 for j in range(n)) for i in range(n + 1)]
    for j in range(n):
        clauses += [(-(a * n + j + 1), -(b * n + j + 1)) for a in range(n + 1) for b in range(a)]
    return clauses


def test_a_certificate_is_accepted() -> None:
    assert check(SQUARE, SHOWN) == 2
    assert check(SQUARE, ["", SHOWN[0], "5 d 1 2 0", "  ", SHOWN[1], ""]) == 2
    assert check([(), (1,)], ["3 0 1 0"]) == 1
    assert check([(1, 1), (-1,)], ["7 0 2 1 0"]) == 1


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        ([], "without an empty clause"),
        (SHOWN[:1], "without an empty clause"),
        (SHOWN[1:], "line 1: there is no clause 5"),
        (["5 0 0"], "come to no contradiction"),
        (["5 0 1 0"], "leaves 2 literals open"),
        (["5 1 0 1 0"], "come to no contradiction"),
        (["5 1 0 1 3 0"], "clause 3 leaves 2 literals open"),
        (["5 1 0 1 1 0"], "clause 1 says nothing new"),
        (["5 1 0 1 5 0"], "there is no clause 5"),
        (["5 1 0 1 6 0"], "there is no clause 6"),
        (["5 1 0 1 2 3 0"], "hints after the contradiction"),
        (["5 1 0 -1 2 0"], "there is no clause -1"),
        (["5 1 -1 0 1 2 0"], "a literal and its negation"),
        (["4 1 0 1 2 0"], "clause 4 does not come after 4"),
        (["-5 1 0 1 2 0"], "clause -5 does not come after"),
        (["0 1 0 1 2 0"], "a name, a clause and its hints"),
        ([SHOWN[0], SHOWN[0]], "clause 5 does not come after 5"),
        ([SHOWN[0], "5 d 5 0", SHOWN[1]], "there is no clause 5"),
        ([SHOWN[0], "5 d 3 0", SHOWN[1]], "there is no clause 3"),
        (["4 d 9 0"], "there is no clause 9 to remove"),
        (["4 d"], "one list of clauses to remove"),
        (["4 d 1 0 2 0"], "one list of clauses to remove"),
        (["4 d 1 1 0"], "there is no clause 1 to remove"),
        (["5 1 0 1 2"], "does not end with 0"),
        (["5 1 0"], "a name, a clause and its hints"),
        (["5 0 0 0"], "a name, a clause and its hints"),
        (["5"], "a name, a clause and its hints"),
        (["5 x 0 1 2 0"], "'x' is no number"),
        (["5 1 0 1 2 --0"], "is no number"),
        (["5 1 0 1 2 +0"], "is no number"),
        (["5 ١ 0 1 2 0"], "is no number"),
        (["5 1 0 1 " + "2" * 5000 + " 0"], "is no number"),
        (["5 1_0 0 1 2 0"], "is no number"),
    ],
)
def test_a_wrong_certificate_is_refused(lines: list[str], why: str) -> None:
    with pytest.raises(Refused, match=why):
        check(SQUARE, lines)


@pytest.mark.parametrize("missing", range(4))
def test_a_clause_is_missing(missing: int) -> None:
    clauses = [c for k, c in enumerate(SQUARE) if k != missing]
    with pytest.raises(Refused):
        check(clauses, SHOWN)
    with pytest.raises(Refused):
        check(clauses, ["4 1 0 1 2 0", "5 0 4 2 3 0"])
    with pytest.raises(NoCertificate):
        with_hints(clauses, ["1 0", "0"], 10.0)


def test_a_given_clause_with_0_is_refused() -> None:
    with pytest.raises(Refused, match="0 is no literal"):
        check([(0,), (1,)], ["3 0 1 0"])


def wrongly_accepted(count: int) -> list[str]:
    """Random lines for random clauses that have a model, each line the most that it could be; those accepted."""
    found = []
    for seed in range(count):
        r = random.Random(seed)
        clauses = [
            tuple(r.choice((1, -1)) * r.randint(1, 3) for _ in range(r.randint(1, 3))) for _ in range(r.randint(1, 6))
        ]
        if not satisfiable(clauses, 3):
            continue
        names = list(range(1, len(clauses) + 1))
        known, lines = list(names), []
        for _ in range(r.randint(1, 4)):
            clause = r.choice(([], [r.choice((1, -1)) * r.randint(1, 3)]))
            hints = [r.choice(known) for _ in range(r.randint(0, 4))]
            name = known[-1] + 1 if r.random() < 0.9 else r.randint(1, 8)
            lines.append(" ".join(map(str, [name, *clause, 0, *hints, 0])))
            known.append(name)
            # So that a line which is refused does not hide what comes after it.
            try:
                check(clauses, lines)
                found.append(f"{clauses}: {lines}")
            except Refused as e:
                if "without an empty clause" not in str(e):
                    lines.pop()
                    known.pop()
    return found


def test_nothing_random_is_accepted_for_clauses_with_a_model() -> None:
    assert wrongly_accepted(6000) == []


BUGS = [
    Bug(lrat, "_follows", 'raise Refused(f"line {line}: the hints come to no contradiction")', "return"),
    Bug(lrat, "_follows", "false.add(-x)", "false.add(x)"),
    Bug(lrat, "_follows", "if len(left) > 1:", "while len(left) > 1:\n            left.pop()\n        if not left:"),
    Bug(lrat, "_follows", "if not left:", "if len(left) < 2:"),
    Bug(lrat, "check", "closed or not parts[0]", "closed or len(parts[0]) < 2"),
    Bug(lrat, "check", "if not closed:", "if not added:"),
    Bug(lrat, "check", "_follows(known, parts[0], parts[1], number)", "pass"),
    Bug(lrat, "check", "known[name] = tuple(parts[0])", "known[name] = tuple(parts[0][1:])"),
]


@pytest.mark.parametrize("bug", BUGS, ids=lambda b: b.new)
def test_planted_defects_are_found(bug: Bug, monkeypatch: pytest.MonkeyPatch) -> None:
    modules: tuple[ModuleType, ...] = (lrat,)
    plant(bug, monkeypatch, modules)
    monkeypatch.setitem(globals(), "check", lrat.check)
    assert wrongly_accepted(6000)


# -- hints ------------------------------------------------------------------------------------------


def test_hints_are_found() -> None:
    lines = with_hints(SQUARE, ["1 0", "d 1 2 0", "0"], 10.0)
    assert check(SQUARE, lines) == len(lines)
    # By propagation alone, after the solver forgot what it needs no more.
    chain = [(1,), (-1, 2), (-2, 3, 4), (-3,), (-4,)]
    lines = with_hints(chain, ["d 1 0", "d -1 2 0", "0"], 10.0)
    assert check(chain, lines) == len(lines) > 0
    assert check([(), (1,)], with_hints([(), (1,)], [], 1.0)) == 1


@pytest.mark.parametrize("drup", [["0"], ["1 0"], [], ["1 2 3 0", "0"], ["3 0", "0"]])
def test_steps_that_do_not_follow_have_no_hints(drup: list[str]) -> None:
    with pytest.raises(NoCertificate):
        with_hints(pigeons(3), drup, 10.0)


def test_time_is_limited() -> None:
    with pytest.raises(NoCertificate, match="no time"):
        with_hints(SQUARE, ["1 0", "0"], -1.0)


def test_a_solver_makes_certificates_and_each_spoiled_one_is_refused() -> None:
    """By leaving out a step, a hint, a literal, or a clause that is used."""
    pytest.importorskip("pysat")
    from armsym.sat.maker import certificate

    clauses = pigeons(4)
    lines = certificate(clauses, 10.0)
    assert check(clauses, lines) == len(lines) > 3
    used = {int(w) for line in lines for w in line.split(" 0 ", 1)[-1].split()[:-1]}
    for k in used:
        if k <= len(clauses):
            with pytest.raises(Refused):
                check([*clauses[: k - 1], (99,), *clauses[k:]], lines)
    for n, line in enumerate(lines):
        with pytest.raises(Refused):
            check(clauses, lines[:n] + lines[n + 1 :])
        words = line.split()
        shorter = " ".join([*words[:-2], words[-1]])
        with pytest.raises(Refused):
            check(clauses, [*lines[:n], shorter, *lines[n + 1 :]])


def test_a_solver_finds_models_and_gives_up() -> None:
    pytest.importorskip("pysat")
    from armsym.sat.maker import Satisfiable, certificate

    with pytest.raises(Satisfiable):
        certificate(SQUARE[:3], 10.0)
    with pytest.raises(NoCertificate, match="gave up"):
        certificate(pigeons(9), 0.001)
    assert certificate([(1,), ()], 1.0) == ["3 0 2 0"]
    for seed in range(200):
        r = random.Random(seed)
        clauses = [tuple({r.choice((1, -1)) * r.randint(1, 4) for _ in range(3)}) for _ in range(r.randint(8, 40))]
        try:
            check(clauses, certificate(clauses, 10.0))
            made = True
        except Satisfiable:
            made = False
        assert made != satisfiable(clauses, 4)
