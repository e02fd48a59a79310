"""Certificates of arguments, derived again by a checker that knows nothing of armsym, and refused once changed."""

from __future__ import annotations

import copy
import json
import random
from typing import Any

import pytest
from checker import check

from armsym.bits import Bits
from armsym.integers.claims import Argument
from armsym.integers.expression import congruent, integer, within
from armsym.integers.floors import Floors
from armsym.integers.kernel import Kernel
from armsym.integers.polynomial import Polynomial
from armsym.integers.ranges import Ranges
from armsym.terms.node import Var, new_table


def argued(known: list[Any], asked: list[Any]) -> list[list[Any]]:
    """The certificate of an argument that shows all that is asked, having gone through JSON."""
    log: list[list[Any]] = []
    argument = Argument(known, asked, log)
    for k in range(len(asked)):
        found = argument.show(k)
        assert found.holds, found.detail
    told: list[list[Any]] = json.loads(json.dumps(log))
    assert len(check(told)) >= len(asked)
    return told


def adder(n: int, w: int) -> tuple[list[Bits], list[Bits], list[Bits], Bits]:
    """Two numbers of n words, the words of their sum, and the carry."""
    a = [Bits(w, Var(f"a{k}", w)) for k in range(n)]
    b = [Bits(w, Var(f"b{k}", w)) for k in range(n)]
    out, carry = [], Bits(1, 0)
    for x, y in zip(a, b, strict=True):
        wide = x.zero_extend(w + 1) + y.zero_extend(w + 1) + carry.zero_extend(w + 1)
        out.append(x + y + carry.zero_extend(w))
        carry = wide[w:w]
    return a, b, out, carry


def relations() -> list[tuple[list[Any], list[Any]]]:
    """Known and asked: carries, products, lanes, cases."""
    new_table()
    a, b, out, carry = adder(3, 8)
    A, B, R = (integer(v) for v in (a, b, out))
    x, y = (Bits(8, Var(n, 8)) for n in "xy")
    X, Y = integer(x), integer(y)
    high = (x.zero_extend(16) * y.zero_extend(16))[15:8]
    low = x * y
    s = integer(Bits(8, Var("s", 8)), signed=True)
    found: list[tuple[list[Any], list[Any]]] = [
        ([], [R + integer(carry) * 2**24 == A + B]),
        ([A < 2**23, B < 2**23], [A + B == R, R < 2**24 - 1]),
        ([], [integer([low, high]) == X * Y, congruent(X * Y, integer(low), 256)]),
        ([within(-7, s, 8)], [within(-14, s * 2, 15), congruent(s * 2, 0, 2)]),
        ([congruent(X, 3, 7)], [congruent(X + 4, 0, 7)]),
        ([], [within(0, X // 16, 16), X - 16 * (X // 16) <= 15]),
    ]
    return found


@pytest.mark.parametrize("k", range(6))
def test_a_certificate_is_derived_again(k: int) -> None:
    argued(*relations()[k])


def towers(seed: int) -> list[list[Any]]:
    """The certificate of random quotients and bounds."""
    rng = random.Random(seed)
    log: list[list[Any]] = []
    kernel = Kernel(log)
    ranges = Ranges(kernel)
    floors = Floors(kernel, ranges, balanced=rng.random() < 0.5)
    for k in range(2):
        kernel.unknown(f"u{k}", -rng.randint(0, 1), rng.randint(0, 9))
    for _ in range(6):
        E: Polynomial = {
            (a,): rng.choice([1, -1, 2, 4, 8, rng.randint(1, 20)]) for a in rng.sample(range(len(kernel.atoms)), 2)
        }
        floors.floor(E, rng.choice([2, 3, 4, 8, 16, 64]))
    P: Polynomial = {(a,): rng.choice([1, -1, 3]) for a in range(len(kernel.atoms))}
    f = ranges.bound(P)
    assert kernel.shown(f, P, 0, f.lo, f.hi)
    told: list[list[Any]] = json.loads(json.dumps(log))
    return told


@pytest.mark.parametrize("seed", range(60))
def test_certificates_of_towers(seed: int) -> None:
    assert len(check(towers(seed))) == 1


def changed(records: list[list[Any]], rng: random.Random) -> tuple[list[list[Any]], str]:
    """With one number of one derived record made to say more, or other."""
    records = copy.deepcopy(records)
    facts = [r for r in records if r[0] in ("derive", "meet", "cases") and r[2] <= r[3]]
    r = rng.choice(facts)
    where = rng.choice(["lo", "hi", "P"])
    if where == "lo":
        r[2] += 1
    elif where == "hi":
        r[3] -= 1
    else:
        r[1] = [*([m, c] for m, c in r[1] if m), [[], 10**9 + sum(c for m, c in r[1] if not m)]]
    return records, f"{where} of {r}"


@pytest.mark.parametrize("seed", range(60))
def test_a_changed_certificate_is_refused(seed: int) -> None:
    rng = random.Random(seed)
    records = towers(seed) if seed % 2 else argued(*relations()[seed // 2 % 4])
    check(records)
    wrong, what = changed(records, rng)
    try:
        check(wrong)
    except AssertionError:
        return
    pytest.fail(f"not refused: {what}")


def test_what_is_shown_is_in_the_certificate() -> None:
    """The claim asked about, and no other."""
    new_table()
    x = integer(Bits(8, Var("x", 8)))
    records = argued([], [x < 256])
    (said,) = check(records)
    assert said == ({(0,): 1}, 0, None, 255)
    records[-1][5] = 254
    with pytest.raises(AssertionError, match="not shown"):
        check(records)
