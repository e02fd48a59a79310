"""Relations of integers by Python, by the checker extracted from Coq, and by Coq's kernel: one verdict of all."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest
import test_integers_random as random_arguments
import test_integers_rules as rules
from proved_checkers import with_tools

from armsym.audit import proved
from armsym.audit.bundle import Relation
from armsym.audit.certified import Asked, asked
from armsym.audit.check import RefusedError
from armsym.audit.coqrelations import relations_theorem
from armsym.audit.integers import HEAD, check_relations
from armsym.audit.raw import Program, ones

Left = list[Relation] | None


def _copy(program: Program) -> Program:
    made = Program()
    made.instructions = program.instructions[:]
    made._number = dict(program._number)
    return made


def _question(
    program: Program, known: Sequence[Relation], claimed: Sequence[Relation], lines: Sequence[str]
) -> Asked | None:
    """About a copy of the program; None of what cannot be asked."""
    try:
        return asked(_copy(program), known, claimed, lines)
    except RefusedError:
        return None


def _by_python(program: Program, known: Sequence[Relation], claimed: Sequence[Relation], lines: Sequence[str]) -> Left:
    try:
        return check_relations(_copy(program), known, claimed, lines)
    except RefusedError:
        return None


def _by_ocaml(questions: Sequence[Asked | None]) -> list[Left]:
    """What each leaves open; None where it is refused."""
    answers = iter(proved.ocaml_relations([q for q in questions if q is not None]))
    found: list[Left] = []
    for q in questions:
        shown = None if q is None else next(answers)
        found.append(None if q is None or shown is None else [r for k, r in enumerate(q.claimed) if k not in shown])
    return found


@pytest.fixture
def both(monkeypatch: pytest.MonkeyPatch) -> dict[bool, int]:
    """The tests of Python's rules ask OCaml's checker, too, which has to say the same; how often each was refused."""
    with_tools("coqc", "ocamlfind")
    seen = {True: 0, False: 0}

    def ask(
        program: Program, known: Sequence[Relation], claimed: Sequence[Relation], lines: Sequence[str]
    ) -> list[Relation]:
        ours = _by_python(program, known, claimed, lines)
        (theirs,) = _by_ocaml([_question(program, known, claimed, lines)])
        assert theirs == ours, lines
        seen[ours is None] += 1
        return check_relations(program, known, claimed, lines)

    monkeypatch.setattr(rules, "check_relations", ask)
    return seen


@pytest.mark.parametrize("name", rules.ARGUMENTS)
def test_the_rules_at_their_edges(name: str, both: dict[bool, int]) -> None:
    rules.test_an_argument_and_its_steps_at_their_edges(name)
    # Three of the argument as it is, and one of each step that is wrong.
    assert both[False] == 1
    assert both[True] == 2 + len(rules.ARGUMENTS[name][2])


@pytest.mark.parametrize(
    "test",
    [
        rules.test_cases_are_all_of_them,
        rules.test_multiples,
        rules.test_what_is_known_is_of_the_contract,
        rules.test_bounds_of_an_atom_that_a_fact_tells,
        rules.test_a_mask_of_fewer_bits_leaves_those,
        rules.test_a_node_has_one_value_and_a_claim_needs_an_argument,
    ],
)
def test_other_rules(test: Callable[[], None], both: dict[bool, int]) -> None:
    test()
    assert both[True] > 0
    assert both[False] > 0


def test_random_arguments_and_what_is_spoiled_of_them() -> None:
    with_tools("coqc", "ocamlfind")
    asks: list[tuple[Program, list[str]]] = []
    for seed in range(12):
        rng = random.Random(seed)
        program = random_arguments._program(rng)
        lines = random_arguments._argument(program, bool(seed & 1))
        asks.append((program, lines))
        asks += [(program, random_arguments._spoiled(rng, lines)) for _ in range(25)]
    ours = [_by_python(program, [], [], lines) for program, lines in asks]
    theirs = _by_ocaml([_question(program, [], [], lines) for program, lines in asks])
    for (_, lines), mine, other in zip(asks, ours, theirs, strict=True):
        assert mine == other, lines
    accepted = sum(answer is not None for answer in ours)
    assert 12 < accepted < len(asks) - 100


def _sum() -> tuple[rules._Small, Relation, list[str]]:
    (node, low, high), steps, _ = rules.ARGUMENTS["sum"]
    small = rules._Small()
    return small, rules._about(small, node, low, high), small.lines(*steps)


def test_the_kernel_accepts_what_python_accepts() -> None:
    """Every rule, in one theorem; and no theorem where one step is wrong, a bound, or what is known."""
    with_tools("coqc")
    small = rules._Small()
    claimed: list[Relation] = []
    lines: list[str] = []
    for (node, low, high), steps, _ in rules.ARGUMENTS.values():
        lines += [line.replace("claim 0", f"claim {len(claimed)}") for line in small.lines(*steps)]
        claimed.append(rules._about(small, node, low, high))
    a = small.nodes["a"]
    known = [Relation("k", 6, None, None, ((1, (a,)), (3, ()))), Relation("e", 0, None, 9, ((1, (a,)),))]
    more = (
        "atom [a]", "known 0", "transfer 0 7*0,21 - 6@0", f"claim {len(claimed)} 1", "known 1", "within 0 2",
        "suppose 1*0 none 6", "suppose 1*0 7 none", "cases 1*0 0 3,4 3,4", "derive 1*0,3 1 1:f5 -", "whole 6 0",
        "meet 6,7", "multiple 6*0 3 -", "congruent 6*0 3", f"claim {len(claimed) + 1} 8",
    )  # fmt: skip
    lines += small.lines(*more)
    claimed += [
        Relation("seven", 6, None, None, ((7, (a,)), (21, ()))),
        Relation("near", 0, 6, 12, ((1, (a,)), (3, ()))),
    ]
    assert check_relations(_copy(small.program), known, claimed, lines) == []
    good = asked(small.program, known, claimed, lines)
    proved.kernel_relations(good)
    narrow = replace(claimed[-1], high=11)
    wrong = replace(good, claimed=[*claimed[:-1], narrow])
    with pytest.raises(RefusedError, match="Coq does not accept"):
        proved.kernel_relations(wrong)


def test_what_no_argument_shows_is_no_theorem() -> None:
    with_tools("coqc", "ocamlfind")
    small, r, lines = _sum()
    question = asked(small.program, [], [r, rules._about(small, "a", 0, 15)], lines)
    assert proved.ocaml_relations([question]) == [{0}]
    with pytest.raises(RefusedError, match="Coq does not accept"):
        proved.kernel_relations(question)


def test_functions_are_known_by_their_names_alone() -> None:
    """A product under another name is anything, and so is whether a word is 0."""
    with_tools("coqc", "ocamlfind")
    program = Program()
    a, b = program.var("a", ones(4)), program.var("b", ones(4))
    asks = []
    for name in ("mul", "f.mul", "zero"):
        product = program.app(name, (a, b), ones(8))
        steps = [HEAD, f"atom {a}", f"atom {b}", f"value {product} product", f"bits {product}", "claim 0 0"]
        asks.append((steps, Relation("it", 0, 0, 255, ((1, (product,)),))))
    ours = [_by_python(program, [], [r], steps) for steps, r in asks]
    assert ours == [[], None, None]
    questions = [_question(program, [], [r], steps) for steps, r in asks]
    assert _by_ocaml(questions) == ours
    assert questions[1] is not None
    assert "IApp 3 " in relations_theorem(questions[1])


def test_a_rule_that_python_has_wrong_is_refused_by_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    """A sum that is not asked to be within its width: Python would show that 15 + 15 of 4 bits may be 30."""
    with_tools("coqc", "ocamlfind")
    small = rules._Small()
    lines = small.lines("atom [a]", "atom [b]", "derive 1*0,1*1 1 - -", "value [sum] sum 1*0,1*1 0 4", "claim 0 0")
    r = rules._about(small, "sum", 0, 30)
    question = asked(_copy(small.program), [], [r], lines)
    monkeypatch.setattr("armsym.audit.values._within", lambda f, most: None)
    assert check_relations(small.program, [], [r], lines) == []
    assert proved.ocaml_relations([question]) == [None]
    with pytest.raises(RefusedError, match="Coq does not accept"):
        proved.kernel_relations(question)
