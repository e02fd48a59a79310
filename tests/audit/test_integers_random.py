"""Whatever an argument about integers says, right or spoiled: what the rules accept of small words is so for all."""

from __future__ import annotations

import random
from collections.abc import Iterable

import pytest

from armsym.audit.evaluate import evaluate
from armsym.audit.integers import HEAD, Steps
from armsym.audit.polynomials import Polynomial
from armsym.audit.raw import Program, ones
from armsym.audit.rules import RefusedError
from armsym.audit.words import Words
from armsym.certify.argument_lines import lines_of
from armsym.certify.node_values import NodeValues
from armsym.integers.kernel import Kernel, Unsound

#: Two words of three bits and a bit: all their values are gone through.
WIDTH = 3
INPUTS = [{"a": k & 7, "b": k >> 3 & 7, "c": k >> 6} for k in range(128)]


def _program(rng: random.Random) -> Program:
    """Instructions as code has them: sums with carries, products, choices, masks, comparisons."""
    w = Words(Program())
    bits = [w.program.var("c", 1)]
    words = [w.program.var("a", ones(WIDTH)), w.program.var("b", ones(WIDTH)), w.const(rng.randrange(8))]
    for _ in range(rng.randrange(3, 7)):
        x, y, c = rng.choice(words), rng.choice(words), rng.choice(bits)
        match rng.randrange(13):
            case 0:
                words.append(w.add(WIDTH, x, y, c))
                bits.append(w.shr(w.add(WIDTH + 1, x, y, c), WIDTH))
            case 1:
                words.append(w.sub(WIDTH, x, y))
                bits.append(w.shr(w.add(WIDTH + 1, x, w.not_(WIDTH, y), w.const(1)), WIDTH))
            case 2:
                words.append(w.add(WIDTH, x, w.not_(WIDTH, y), c))
            case 3:
                product = w.app("mul", (x, y), ones(2 * WIDTH))
                words += [w.mask(product, ones(WIDTH)), w.shr(product, WIDTH)]
            case 4:
                words.append(w.xor(y, w.and_(w.repeated(WIDTH, c), w.xor(x, y))))
            case 5:
                words.append(w.lsl(WIDTH, x, rng.randrange(1, WIDTH)))
            case 6:
                words.append(w.mask(x, rng.choice([0b10, 0b110, 0b101, 0b1])))
            case 7:
                bits.append(w.app("zero", (rng.choice([x, w.or_(x, y), w.sub(WIDTH, x, y)]),), 1))
            case 8:
                bits += [w.inverted(c), w.and_(c, rng.choice(bits)), w.xor(c, rng.choice(bits))]
            case 9:
                words.append(w.and_(w.repeated(WIDTH, c), x))
            case 10:
                words.append(w.or_(x, w.repeated(WIDTH, c)))
            case 11:
                words.append(w.mulc(WIDTH, x, rng.randrange(1, 8)))
            case 12:
                words.append(w.ror(WIDTH, x, rng.randrange(1, WIDTH)))
    return w.program


def _argument(program: Program, names: bool) -> list[str]:
    """The steps that give all nodes values, with bounds of each, and some by cases."""
    log: list[list[object]] = []
    kernel = Kernel(log)
    values = NodeValues(kernel, program, log, name_factors=names)
    shown: dict[int, int] = {}
    for n in range(1, len(program)):
        P = values.node(n)
        shown[len(shown)] = values.ranges.bound(P).number
        bits = [a for m in P for a in m if kernel.is_bit(a)]
        if bits:
            x = kernel.atoms[bits[0]]
            cases = [kernel.suppose({(bits[0],): 1}, v, v) for v in range(x.lo, x.hi + 1)]
            facts = [kernel.derive(P, [(P.get((bits[0],), 0), s)]) for s in cases]
            shown[len(shown)] = kernel.cases(P, facts, [next(iter(s.under)) for s in cases]).number
        m = kernel.multiple(P, 2)
        if m is not None:
            shown[len(shown)] = m.number
    return [line for line in lines_of(log, values.given, shown) if not line.startswith("claim")]


def _value(P: Polynomial, atoms: list[int]) -> int:
    total = 0
    for m, c in P.items():
        for a in m:
            c *= atoms[a]  # noqa: PLW2901
        total += c
    return total


def _accepted(program: Program, lines: Iterable[str]) -> Steps:
    """What the steps show until the first that is refused."""
    steps = Steps(program, [], [], set())
    for line in lines:
        if line == HEAD:
            continue
        try:
            steps.step(line.split(" "))
        except (ValueError, RecursionError):
            break
    return steps


def _holds_everywhere(program: Program, steps: Steps) -> int:
    """Every value, bound and multiple, for all inputs; how many were looked at."""
    seen = 0
    nodes: dict[int, int] = {}
    for n, P in steps.values:
        if len(P) == 1 and len(next(iter(P))) == 1 and steps.atoms[next(iter(P))[0]].m == 0:
            nodes.setdefault(next(iter(P))[0], n)
    for given in INPUTS:
        at = evaluate(program, given)
        atoms: list[int] = []
        for a, x in enumerate(steps.atoms):
            atoms.append(_value(x.E, atoms) // x.m if x.m else at[nodes[a]])
            assert x.lo <= atoms[a] <= x.hi
        for n, P in steps.values:
            assert _value(P, atoms) == at[n], (n, program[n], P)
            seen += 1
        for f in steps.facts:
            supposed = ((_value(dict(key), atoms), lo, hi) for key, lo, hi in f.under)
            if not all((lo is None or lo <= v) and (hi is None or v <= hi) for v, lo, hi in supposed):
                continue
            v = _value(f.P, atoms)
            assert v % f.modulus == 0 if f.modulus else f.lo <= v <= f.hi, f
            seen += 1
    return seen


def _spoiled(rng: random.Random, lines: list[str]) -> list[str]:
    """The steps with something changed: a number, a field, a line."""
    out = list(lines)
    for _ in range(rng.randrange(1, 3)):
        k = rng.randrange(1, len(out))
        words = out[k].split(" ")
        at = rng.randrange(len(words))
        digits = [i for i, c in enumerate(words[at]) if c.isdigit()]
        what = rng.randrange(5)
        if what < 3 and digits:
            i = rng.choice(digits)
            words[at] = words[at][:i] + rng.choice("0123456789") + words[at][i + 1 :]
        elif what == 3:
            words[at] = rng.choice(rng.choice(out[1:]).split(" "))
        else:
            words = rng.choice(out[1:]).split(" ")
        out[k] = " ".join(words)
    return out


@pytest.mark.parametrize("seed", range(16))
def test_what_is_accepted_is_so(seed: int) -> None:
    rng = random.Random(seed)
    program = _program(rng)
    try:
        lines = _argument(program, bool(seed & 1))
    except Unsound as e:
        pytest.fail(f"the search itself: {e}")
    steps = Steps(program, [], [], set())
    for line in lines[1:]:
        steps.step(line.split(" "))
    assert _holds_everywhere(program, steps) > len(INPUTS) * 3
    for _ in range(8):
        _holds_everywhere(program, _accepted(program, _spoiled(rng, lines)))


def test_a_rule_that_is_wrong_would_be_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """The check above finds a rule without its side condition: a sum that is not asked to be within its width."""
    monkeypatch.setattr("armsym.audit.values._within", lambda f, most: None)
    w = Words(Program())
    x = w.program.var("a", ones(WIDTH))
    n = w.add(WIDTH, x, x)
    lines = [f"atom {x}", "derive 2*0 1 - -", f"value {n} sum 2*0 0 {WIDTH}"]
    with pytest.raises(AssertionError):
        _holds_everywhere(w.program, _accepted(w.program, lines))
    monkeypatch.undo()
    steps = Steps(w.program, [], [], set())
    for line in lines[:2]:
        steps.step(line.split(" "))
    with pytest.raises(RefusedError, match="not within"):
        steps.step(lines[2].split(" "))
