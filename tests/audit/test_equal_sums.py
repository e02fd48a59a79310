"""Words that are one sum modulo 2^64, and words that are numbers, at the edges of what is looked through.

By Python, OCaml and Coq's kernel.
"""

from __future__ import annotations

import random
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from lying import Lie
from proved_checkers import with_tools

from armsym.audit import proved
from armsym.audit.audit import Checker
from armsym.audit.check import RefusedError
from armsym.audit.columns import run
from armsym.audit.farkas import Form
from armsym.audit.goals import Goals
from armsym.audit.raw import Program, ones
from armsym.audit.sums import Number, equal_sums, sums

EDGES = (0, 1, ones(63), 1 << 63, ones(64), 1 << 64, ones(65))


def sides() -> tuple[Program, list[tuple[int, int]], list[tuple[int, int]]]:
    """Pairs that are one sum, and pairs that differ in one condition and in the value of some run."""
    p = Program()
    x, y, small, long_ = p.var("x", ones(64)), p.var("y", ones(64)), p.var("small", 0xFF), p.var("long", ones(65))
    one, most = p.const(1), p.const(ones(64))

    def plus(a: int, b: int, width: int = 64) -> int:
        return p.add(width, a, b)

    def minus(a: int, width: int = 64) -> int:
        return p.mulc(width, a, ones(width))

    good = [
        (plus(x, y), plus(y, x)),
        (plus(plus(x, one), minus(one)), x),
        # Sums of more bits, masked: what is lost is above.
        (p.mask(plus(x, y, 65), ones(64)), plus(x, y)),
        (p.mask(p.shl(x, 3), ones(64)), p.mulc(64, x, 8)),
        (p.mask(p.shl(x, 64), ones(64)), p.const(0)),
        (p.mask(p.mulc(65, x, 3), ones(64)), plus(x, plus(x, x))),
        # A mask that keeps all; joined parts; all ones less a word.
        (p.mask(small, 0xFF), small),
        (p.xor(p.shl(small, 8), small), p.mulc(64, small, 0x101)),
        (p.xor(x, most), plus(minus(x), most)),
        (p.xor(most, x), plus(minus(plus(x, one)), p.const(0))),
        (p.xor(small, p.shl(p.xor(small, p.const(0)), 8)), plus(small, p.mulc(64, small, 256))),
        # Of what is no sum it is the instruction that counts.
        (plus(p.and_(x, y), one), plus(one, p.and_(x, y))),
        (x, x),
    ]
    bad = [
        (plus(x, y), plus(x, x)),
        (plus(x, one), x),
        (plus(x, y, 63), plus(x, y)),
        (p.mask(plus(x, y, 63), ones(64)), plus(x, y)),
        (p.mulc(63, x, 2), p.mulc(64, x, 2)),
        (p.mask(p.shl(x, 63), ones(64)), p.const(0)),
        (p.mask(x, ones(63)), x),
        (p.mask(small, 0xFE), small),
        (p.xor(p.shl(small, 7), small), p.mulc(64, small, 0x81)),
        (p.xor(x, p.const(ones(64) - 1)), plus(minus(x), most)),
        (p.xor(x, p.const(ones(63))), plus(minus(x), most)),
        # One sum modulo 2^64, but not words of 64 bits.
        (long_, p.mask(long_, ones(64))),
        (p.xor(long_, most), plus(minus(long_), most)),
        (plus(x, y, 65), plus(x, y)),
    ]
    return p, good, bad


def test_each_condition_at_its_edge_by_all_three() -> None:
    with_tools("coqc", "ocamlfind")
    p, good, bad = sides()
    assert all(equal_sums(p, *pair) for pair in good)
    assert not any(equal_sums(p, *pair) for pair in bad)
    assert Goals(p, [], [*good, *bad]).open == bad
    assert proved.ocaml_linear([Goals(p, [], good), Goals(p, [], bad)]) == bad
    proved.kernel_linear([Goals(p, [], good)])
    with pytest.raises(RefusedError, match="Coq does not accept"):
        proved.kernel_linear([Goals(p, [], [*good, bad[-1]])])


def test_pairs_are_equal_in_runs_and_the_others_are_not() -> None:
    p, good, bad = sides()
    rnd = random.Random("sums")
    differ = dict.fromkeys(bad, False)
    for _ in range(200):
        values = run(p.instructions, lambda _, bits: rnd.choice((*EDGES, rnd.getrandbits(65))) & bits, lambda *_: 0)
        assert all(values[a] == values[b] for a, b in good)
        for a, b in bad:
            differ[a, b] |= values[a] != values[b]
    assert all(differ.values())


def random_program(seed: int) -> Program:
    """Of inputs and every operation, at edges."""
    rnd, p = random.Random(seed), Program()
    nodes = [p.var("a", ones(64)), p.var("b", 0xFF00), p.var("c", 0xFF), p.const(ones(64))]
    for _ in range(40):
        a, b, width, c = rnd.choice(nodes), rnd.choice(nodes), rnd.choice((1, 63, 64, 65, 128)), rnd.choice(EDGES)
        made = (
            lambda: p.add(width, a, b),  # noqa: B023 - called at once
            lambda: p.mulc(width, a, c),  # noqa: B023
            lambda: p.shl(a, rnd.choice((0, 1, 8, 64))),  # noqa: B023
            lambda: p.mask(a, c),  # noqa: B023
            lambda: p.xor(a, b),  # noqa: B023
            lambda: p.shr(a, 1),  # noqa: B023
        )
        nodes.append(rnd.choice(made)())
    return p


@pytest.mark.parametrize("seed", range(8))
def test_a_sum_is_the_value(seed: int) -> None:
    p, rnd = random_program(seed), random.Random(seed)
    for width in (1, 63, 64):
        found, _ = sums(p, range(1, len(p)), width)
        assert sum(form != (0, {n: 1}) for n, form in found.items()) > 10
        for _ in range(20):
            values = run(p.instructions, lambda _, bits: rnd.choice(EDGES) & bits, lambda *_: 0)
            for n, (constant, terms) in found.items():
                assert (values[n] - constant - sum(k * values[m] for m, k in terms.items())) % (1 << width) == 0, p[n]


def test_python_and_ocaml_say_the_same_of_random_pairs() -> None:
    with_tools("coqc", "ocamlfind")
    asked = []
    for seed in range(8):
        p = random_program(seed)
        asked.append(Goals(p, [], [(a, b) for a in range(1, len(p)) for b in range(1, a)]))
    open_ = [goal for goals in asked for goal in goals.open]
    assert proved.ocaml_linear(asked) == open_
    assert sum(len(goals.all) for goals in asked) - len(open_) > 20


def numbers() -> tuple[Program, list[Number], list[Number]]:
    """Words that are a form where it is in range, and words of which that is false in a run with these values."""
    p = Program()
    x, i, n = p.var("x", ones(64)), p.var("i", 0xFF), p.var("n", 0xFF)
    eight = p.mulc(64, i, 8)
    address = p.add(64, x, p.add(64, eight, p.const(ones(64) - 15)))
    narrow = p.add(32, i, p.const(ones(32)))
    good = [
        Number(address, 64, (-16, {x: 1, i: 8}), {}),
        Number(address, 64, (ones(64) - 15, {x: 1, i: 8}), {}),
        Number(address, 64, (8, {x: 1, n: 8}), {i: (3, {n: 1})}),
        Number(address, 64, (8, {x: 1}), {i: (3, {})}),
        Number(narrow, 32, (-1, {i: 1}), {}),
        Number(eight, 64, (0, {i: 8}), {n: (5, {})}),
        Number(p.const(7), 3, (7, {}), {}),
        Number(p.const(0), 0, (0, {}), {}),
    ]
    bad = [
        Number(address, 64, (-15, {x: 1, i: 8}), {}),
        Number(address, 64, (-16, {x: 1, i: 7}), {}),
        Number(address, 64, (-16, {i: 8}), {}),
        Number(address, 64, (-16, {x: 1, n: 8}), {}),
        Number(address, 64, (8, {x: 1, n: 8}), {i: (4, {n: 1})}),
        Number(address, 64, (8, {x: 1, n: 8}), {n: (3, {i: 1})}),
        Number(address, 63, (-16, {x: 1, i: 8}), {}),  # modulo 2^63 it is, but it has 64 bits
        Number(narrow, 64, (-1, {i: 1}), {}),
        Number(p.const(8), 3, (0, {}), {}),
        Number(p.const(1), 0, (0, {}), {}),
    ]
    return p, good, bad


def test_numbers_at_their_edges_by_all_three() -> None:
    with_tools("coqc", "ocamlfind")
    p, good, bad = numbers()
    assert Goals(p, [], [], [*good, *bad]).open == bad
    assert proved.ocaml_linear([Goals(p, [], [], good), Goals(p, [], [(1, 1)], bad)]) == bad
    proved.kernel_linear([Goals(p, [], [], good)])
    with pytest.raises(RefusedError, match="Coq does not accept"):
        proved.kernel_linear([Goals(p, [], [], [*good, bad[-1]])])


def given(inputs: dict[str, int], name: str, _: int) -> int:
    return inputs[name]


def of(form: Form, values: list[int]) -> int:
    return form[0] + sum(k * values[m] for m, k in form[1].items())


def test_numbers_are_what_they_are_in_runs() -> None:
    p, good, _ = numbers()
    rnd = random.Random("numbers")
    met = dict.fromkeys(range(len(good)), 0)
    for _ in range(2000):
        i = rnd.randrange(8)
        inputs = {"x": rnd.randrange(200), "i": i, "n": rnd.choice((5, i - 3, rnd.randrange(8))) & 0xFF}
        values = run(p.instructions, partial(given, inputs), lambda *_: 0)
        for place, g in enumerate(good):
            number = of(g.form, values)
            if all(values[m] == of(f, values) for m, f in g.values.items()) and 0 <= number < 1 << g.width:
                assert values[g.node] == number, g
                met[place] += 1
    # Each is said of some runs; the second of those alone where x and i are so small that nothing wraps.
    assert all(met.values())


def test_an_address_of_an_access_is_asked(tmp_path: Path) -> None:
    """LDR X0, [X0, #8], of a region: that the address is base + 8."""
    lie = Lie((0xF9400400, 0xD65F03C0), 1)
    lie.region()
    lie.case.cuts = {0: lie.case.cuts[0]}
    lie.case.regions["r"] = replace(lie.case.regions["r"], constant=16)
    lie.returns(lie.case.table.app("mem.r", (lie.case.table.const(8),), ones(64)))
    asked: list[Goals] = []
    verdict = lie.verdict(tmp_path, Checker(linear=lambda goals: asked.extend(goals) or []))  # type: ignore[func-returns-value]
    assert verdict.audited, verdict.refused
    (goals,) = asked
    (number,) = goals.numbers
    assert goals.program[number.node][0] == "Add"
    assert (number.width, number.form[0], list(number.form[1].values())) == (64, 8, [1])
    assert not replace(number, form=(0, number.form[1])).holds(goals.program)
