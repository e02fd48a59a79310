"""Linear forms, the thin builder and the evaluator of raw programs."""

from __future__ import annotations

import random

import pytest

from armsym.audit.evaluate import evaluate, operands, value_of
from armsym.audit.lanes import Lanes, common, in_lanes, zero_extended
from armsym.audit.linear import linear
from armsym.audit.raw import Program, ones
from armsym.audit.words import TooWide, Words

EDGES = (0, 1, 2, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 1 << 32, (1 << 63) - 1, 1 << 63, ones(64))


def _random_program(rng: random.Random, size: int) -> Program:
    p = Program()
    nodes = [p.var("a", ones(64)), p.var("b", ones(64)), p.var("c", ones(32)), p.const(rng.choice(EDGES))]
    for _ in range(size):
        a, b = rng.choice(nodes), rng.choice(nodes)
        width = rng.choice((1, 32, 63, 64, 65, 128))
        kind = rng.randrange(7)
        if kind == 0:
            node = p.add(width, a, b)
        elif kind == 1:
            node = p.mulc(width, a, rng.choice(EDGES))
        elif kind == 2:
            node = p.shl(a, rng.choice((0, 1, 31, 63, 64, 200)))
        elif kind == 3:
            node = p.mask(a, rng.choice((*EDGES, ones(65))))
        elif kind == 4:
            node = p.xor(a, p.const(rng.choice((ones(64), ones(65), 1, 0))))
        else:
            node = p.xor(a, b) if kind == 5 else p.shr(a, rng.choice((0, 1, 32)))
        nodes.append(node)
    return p


@pytest.mark.parametrize("width", [1, 32, 64])
def test_a_linear_form_is_the_value(width: int) -> None:
    rng = random.Random(width)
    looked_through = 0
    for _ in range(150):
        p = _random_program(rng, 12)
        inputs = {"a": rng.choice(EDGES), "b": rng.getrandbits(64), "c": rng.choice(EDGES) & ones(32)}
        values = evaluate(p, inputs)
        for node in range(1, len(p)):
            constant, form = linear(p, node, width)
            total = constant + sum(k * values[n] for n, k in form.items())
            assert total % (1 << width) == values[node] % (1 << width)
            assert 0 <= constant <= ones(width)
            assert all(0 < k <= ones(width) for k in form.values())
            looked_through += form != {node: 1}
    assert looked_through > 300


def test_a_linear_form_of_an_address() -> None:
    p = Program()
    x, n = p.var("x", ones(64)), p.var("n", ones(64))
    scaled = p.mask(p.shl(n, 7), ones(64))
    address = p.add(64, p.add(64, x, scaled), p.const(ones(64) - 15))
    assert linear(p, address) == (ones(64) - 15, {x: 1, n: 128})
    assert linear(p, p.add(64, x, p.mulc(64, x, ones(64)))) == (0, {})
    assert linear(p, p.add(32, x, n)) == (0, {p.add(32, x, n): 1})
    assert linear(p, p.mask(x, ones(63))) == (0, {p.mask(x, ones(63)): 1})


def test_each_operation_on_numbers() -> None:
    assert value_of(("Xor", 1, 2), (0b1100, 0b1010)) == 0b0110
    assert value_of(("And", 1, 2), (0b1100, 0b1010)) == 0b1000
    assert value_of(("Shl", 1, 4), (0xFF,)) == 0xFF0
    assert value_of(("Shr", 1, 4), (0xFF,)) == 0xF
    assert value_of(("Mask", 1, 0xF0), (0xABC,)) == 0xB0
    assert value_of(("Add", 8, 1, 2), (255, 1)) == 0
    assert value_of(("Add", 9, 1, 2), (255, 1)) == 256
    assert value_of(("Mulc", 8, 1, 255), (3,)) == 253
    assert value_of(("App", "clmul", (1, 2), ones(7)), (0b11, 0b101)) == 0b1111
    assert value_of(("App", "zero", (1,), 1), (0,)) == 1
    assert value_of(("App", "lsl", (1, 2), ones(8)), (1, 7)) == 128
    assert value_of(("App", "lsr", (1, 2), ones(8)), (128, 8)) == 0
    assert value_of(("App", "mul", (1, 2), ones(16)), (255, 255)) == 65025
    assert value_of(("App", "pick", (1, 2, 3), ones(8)), (1, 7, 8)) == 8
    assert value_of(("App", "pick", (1, 2, 3), ones(8)), (2, 7, 8)) == 0
    assert operands(("App", "pick", (1, 2, 3), ones(8))) == (1, 2, 3)


def test_what_cannot_be_evaluated() -> None:
    p = Program()
    a = p.var("a", ones(8))
    with pytest.raises(ValueError, match="'a' has no value"):
        evaluate(p, {})
    with pytest.raises(ValueError, match="not within 0xff"):
        evaluate(p, {"a": 256})
    p.app("unheard of", (a,), ones(8))
    with pytest.raises(ValueError, match="nothing is known of the function 'unheard of'"):
        evaluate(p, {"a": 0})
    with pytest.raises(ValueError, match="not within"):
        value_of(("App", "mul", (1, 2), ones(8)), (16, 16))
    with pytest.raises(ValueError, match="shift by 5000"):
        value_of(("App", "lsl", (1, 2), ones(8)), (1, 5000))
    with pytest.raises(ValueError, match="not an operation"):
        operands(("Or", 1, 2))


def test_only_constants_are_folded() -> None:
    w = Words(Program())
    a, b = w.program.var("a", ones(64)), w.program.var("b", ones(64))
    assert w.constant(w.add(64, w.const(ones(64)), w.const(1))) == 0
    assert w.constant(w.app("zero", (w.const(0),), 1)) == 1
    assert w.constant(w.and_(a, w.zero)) == 0
    assert w.xor(a, w.zero) == w.xor(w.zero, a) == w.shl(a, 0) == w.shr(a, 0) == a
    # Nothing else is: these are the same numbers, and other instructions.
    assert w.constant(w.xor(a, a)) is None
    assert w.add(64, a, b) != w.add(64, b, a)
    assert w.add(64, a, w.zero) != a
    assert w.mask(a, ones(64)) != a
    assert w.and_(a, a) != a


def test_the_reach_of_an_instruction_holds_its_value() -> None:
    rng = random.Random(9)
    narrower = 0
    for _ in range(150):
        w = Words(_random_program(rng, 12))
        w.program.and_(1, 2)
        w.program.app("pick", (1, 2, 3), ones(64))
        values = evaluate(w.program, {"a": rng.choice(EDGES), "b": rng.getrandbits(64), "c": rng.getrandbits(32)})
        for node in range(1, len(w.program)):
            assert not values[node] & ~w.reach(node)
            width = values[node].bit_length()
            if w.reach(node) >> width == 0:
                narrower += 1
                assert w.narrow(width, node) == node
            else:
                with pytest.raises(TooWide, match=f"instruction {node}"):
                    w.narrow(width, node)
    assert narrower > 300


def test_what_a_bit_says_is_said_once() -> None:
    w = Words(Program())
    n = w.said(w.program.var("n", 1), "sign", 8, w.const(3))
    assert w.different(n, w.zero) == n
    assert w.meaning[n] == ("sign", 8, w.const(3))
    w.said(n, "zero", 8, w.const(4))
    assert w.meaning[n][0] == "sign"
    w.said(w.const(1), "zero", 8, w.zero)
    assert w.const(1) not in w.meaning


@pytest.mark.parametrize(("have", "want"), [(a, b) for a in (8, 16, 32, 64, 128) for b in (8, 16, 32, 64, 128)])
def test_lanes_are_the_same_bits(have: int, want: int) -> None:
    w = Words(Program())
    number = 0x0F1E2D3C4B5A69788796A5B4C3D2E1F0
    words = [w.program.var(f"{k}", ones(have)) for k in range(128 // have)]
    got = in_lanes(w, Lanes(have, tuple(words)), want)
    values = evaluate(w.program, {f"{k}": number >> have * k & ones(have) for k in range(128 // have)})
    assert [values[n] for n in got] == [number >> want * k & ones(want) for k in range(128 // want)]
    if have == want:
        assert list(got) == words


def test_lanes_of_several_registers() -> None:
    w = Words(Program())
    a, b = Lanes(32, tuple(w.const(k) for k in range(4))), Lanes(8, tuple(w.const(k) for k in range(16)))
    width, (c, d) = common(w, 64, a, b)
    assert (width, len(c), len(d)) == (8, 16, 16)
    assert zero_extended(w, Lanes(32, a.words[:1])).words == (a.words[0], w.zero, w.zero, w.zero)
    with pytest.raises(ValueError, match="no whole number of lanes"):
        in_lanes(w, Lanes(8, b.words[:3]), 16)


def test_an_aligned_address_has_no_low_bits() -> None:
    """Of an input that is a multiple of 256, and of nothing else, the low 8 bits are known."""
    for aligned, width, known in ((256, 8, True), (256, 9, False), (128, 8, False), (1 << 63, 63, True)):
        p = Program()
        x = p.var("x", ones(64) & -aligned)
        assert linear(p, p.add(64, x, p.const(0x40)), width) == (0x40, {} if known else {x: 1})
    p = Program()
    x = p.var("x", ones(64) & -128)
    assert linear(p, p.mulc(64, x, 2), 8) == (0, {})
    assert linear(p, p.mulc(64, x, 3), 8) == (0, {x: 3})
