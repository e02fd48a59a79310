"""Numbers of any length, and flags at loop heads: wrong code and false claims fail, and true ones are proved.

The concrete runs are kept from these, where they would notice first: the symbolic argument has to refuse.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from refusing import refute, run, symbolically
from test_contracts import contract, files
from test_engine_negative import routine

from armsym.dsl import Bits, Claims, InputError, Integer, Proof, Relation, State, Words, congruent
from armsym.proof.result import Status

SUM = """
    cbz x0, 2f
    adds x7, xzr, xzr
1:  ldr x5, [x2, x7]
    ldr x6, [x3, x7]
    adcs x5, x5, x6
    str x5, [x1, x7]
    add x7, x7, #8
    sub x0, x0, #1
    cbnz x0, 1b
    cset x0, cs
2:  ret
"""

Number = Integer | int
#: (R, unit, A, B, the carry) at i -> what is claimed of the first i words.
Claimed = Callable[[Number, Number, Number, Number, Number], Relation | bool]


def total(r: Number, unit: Number, a: Number, b: Number, c: Number) -> Relation | bool:
    """The sum of two numbers is the words with the carry above them."""
    return r + c * unit == a + b


def adding(
    claimed: Claimed = total, *, flag: str = "C", start: int = 0, carried: Callable[[Bits], Bits] = lambda c: c
) -> Callable[[Proof], None]:
    """Of SUM, that what is claimed holds at each arrival and on return."""

    def fn(p: Proof) -> None:
        k = p.nat("k", high=2**60 - 1)
        a, b = (p.region(name, k * 8, access="r").blocks(1, 64) for name in "ab")
        z = p.region("r", k * 8, access="w")
        p.call(x0=k, x1=z, x2=a.region, x3=b.region)
        p.modifies(z)

        def add(j: Bits, c: Bits) -> Bits:
            return a(j)[0].zero_extend(65) + b(j)[0].zero_extend(65) + c.zero_extend(65)

        carry = p.fold(
            lambda c, j: [add(j[0], c[0])[64:64]], start=[Bits(1, start)], over=lambda j: Words([j]), name="carry"
        )

        def word(j: Bits) -> list[Bits]:
            return [add(j, carry(j)[0])[63:0]]

        A, B, R = p.number(a, name="A"), p.number(b, name="B"), p.number(word, name="R")

        @p.invariant(p.routine.back_edge(), upto=k)
        def _(s: State, i: Bits) -> Claims:
            return {
                "carry": getattr(s, flag) == carried(carry(i)[0]),
                "words": z.holds(word, upto=i, at=s, words=1, width=64),
                "sum": claimed(R(i), R.unit(i), A(i), B(i), p.integer(getattr(s, flag))),
            }

        @p.ensures
        def _(s: State) -> Claims:
            return {
                "words": z.holds(word, upto=k, at=s, words=1, width=64),
                "sum": claimed(R(k), R.unit(k), A(k), B(k), p.integer(s.x0)),
            }

    return fn


def test_the_sum_is_proved(tmp_path: Path) -> None:
    assert symbolically(adding(), routine(tmp_path, SUM), "f") == {}
    assert run(adding(), routine(tmp_path, SUM), "f").status is Status.PROVED


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("adcs x5", "sbcs x5"),
        ("adcs x5", "adds x5"),
        ("adcs x5", "adc x5"),  # C stays what it was: the carry of the first word is dropped
        ("sub x0, x0, #1", "subs x0, x0, #1"),  # C is that of the counter
        ("adds x7, xzr, xzr", "subs x7, xzr, xzr"),  # C = 1 from the start
        ("adds x7, xzr, xzr", "mov x7, xzr"),  # C is the caller's
        ("cset x0, cs", "cset x0, cc"),
        ("cset x0, cs", "cset x0, eq"),
        ("ldr x6, [x3, x7]", "ldr x6, [x2, x7]"),
        ("cbz x0, 2f", "sub x0, x0, #1\n cbz x0, 2f"),  # one word too few
    ],
)
def test_wrong_code(tmp_path: Path, old: str, new: str) -> None:
    assert SUM.count(old) == 1
    image = routine(tmp_path, SUM.replace(old, new))
    assert symbolically(adding(), image, "f")
    refute(adding(), image, "f")


@pytest.mark.parametrize(
    "claimed",
    [
        lambda r, u, a, b, c: r == a + b,
        lambda r, u, a, b, c: r + u == a + b,
        lambda r, u, a, b, c: r + c * u == a - b,
        lambda r, u, a, b, c: r - c * u == a + b,
        lambda r, u, a, b, c: r + c * u == a + b + 1,
        lambda r, u, a, b, c: r + 2 * c * u == a + b,
        lambda r, u, a, b, c: r + c == a + b,
        lambda r, u, a, b, c: (r + c * u >= a + b) & (r <= a + b - 1),
        lambda r, u, a, b, c: r >= a,
        lambda r, u, a, b, c: r < u - 1,
        lambda r, u, a, b, c: a + b <= 2 * u - 3,
    ],
)
def test_false_claims(tmp_path: Path, claimed: Claimed) -> None:
    image = routine(tmp_path, SUM)
    assert symbolically(adding(claimed), image, "f")
    assert run(adding(claimed), image, "f").status is not Status.PROVED


@pytest.mark.parametrize(
    "claimed",
    [
        lambda r, u, a, b, c: r <= a + b,
        lambda r, u, a, b, c: a + b <= 2 * u - 2,
        lambda r, u, a, b, c: (r < u) & (r >= 0),
        lambda r, u, a, b, c: 3 * r == 3 * a + 3 * b - 3 * c * u,
    ],
)
def test_true_claims(tmp_path: Path, claimed: Claimed) -> None:
    """Beside the sum itself, of which they follow."""
    both: Claimed = lambda r, u, a, b, c: total(r, u, a, b, c) & claimed(r, u, a, b, c)  # noqa: E731
    assert symbolically(adding(both), routine(tmp_path, SUM), "f") == {}


@pytest.mark.parametrize("flag", ["N", "Z", "V"])
def test_another_flag(tmp_path: Path, flag: str) -> None:
    assert symbolically(adding(flag=flag), routine(tmp_path, SUM), "f")


def test_a_carry_that_is_another(tmp_path: Path) -> None:
    assert symbolically(adding(carried=lambda c: ~c), routine(tmp_path, SUM), "f")
    assert symbolically(adding(start=1), routine(tmp_path, SUM), "f")


# -- other folds of integers ------------------------------------------------------------------------

ADD_UP = """
    mov x3, #0
    cbz x0, 2f
1:  ldr {word}, [x1], #{size}
    add x3, x3, x4
    sub x0, x0, #1
    cbnz x0, 1b
2:  mov x0, x3
    ret
"""


def added_up(size: int, *, twice: int = 1, start: int = 0, bound: int = 2**32 - 1) -> Callable[[Proof], None]:
    """x0 is the sum of n words of so many bytes, times `twice`, and each is at most `bound`."""

    def fn(p: Proof) -> None:
        n = p.nat("n", high=2**30)
        a = p.region("a", n * size, access="r").blocks(1, 8 * size)
        p.call(x0=n, x1=a.region)
        total = p.fold_int(lambda h, x: h + twice * x, start=start, over=lambda j: p.integer(a(j)), name="total")

        @p.invariant(p.routine.back_edge(), upto=n)
        def _(s: State, i: Bits) -> Claims:
            x = p.integer(s.x3)
            return {"sum": x == total(i), "no wrap": x <= p.integer(i) * bound}

        p.ensures(lambda s: {"sum": p.integer(s.x0) == total(n), "bound": total(n) <= p.integer(n) * bound})

    return fn


def test_a_sum_that_does_not_wrap(tmp_path: Path) -> None:
    assert symbolically(added_up(4), routine(tmp_path, ADD_UP.format(word="w4", size=4)), "f") == {}


@pytest.mark.parametrize(
    ("word", "size", "fn"),
    [
        ("x4", 8, added_up(8, bound=2**64 - 1)),  # it wraps
        ("w4", 4, added_up(4, twice=2)),
        ("w4", 4, added_up(4, start=1)),
        ("w4", 4, added_up(4, bound=2**32 - 2)),
        ("w4", 8, added_up(8)),
    ],
)
def test_false_sums(tmp_path: Path, word: str, size: int, fn: Callable[[Proof], None]) -> None:
    assert symbolically(fn, routine(tmp_path, ADD_UP.format(word=word, size=size)), "f")


# -- flags that are kept ----------------------------------------------------------------------------

KEPT = "cmp x1, x2\n1: {}\n sub x0, x0, #1\n cbnz x0, 1b\n cset x0, lo\n ret"


def compared(p: Proof) -> None:
    """x0 = [x1 < x2], whatever the loop between does."""
    n, a, b = p.nat("n", low=1, high=2**30), p.word("a"), p.word("b")
    p.call(x0=n, x1=a, x2=b)
    p.invariant(p.routine.back_edge(), upto=n)(lambda s, i: {"left": s.x0 == n - i})
    p.ensures(lambda s: {"less": p.integer(s.x0) == p.integer((a < b).bit)})


@pytest.mark.parametrize(
    ("body", "kept"),
    [
        ("nop", True),
        ("add x3, x3, #1", True),
        ("adds x3, x3, #1", False),
        ("tbz x0, #20, 3f\n adds x3, x3, #1\n3: nop", False),  # on one path only, after a million iterations
        ("ccmp x1, x2, #0, lo", False),
    ],
)
def test_flags_that_the_loop_does_not_write_are_kept(tmp_path: Path, body: str, kept: bool) -> None:
    assert (symbolically(compared, routine(tmp_path, KEPT.format(body)), "f") == {}) is kept


def test_flags_after_a_call_by_contract_are_unknown(tmp_path: Path) -> None:
    """What a callee leaves in them is not said by its contract, whether or not it writes them."""

    @contract
    def idle(p: Proof) -> None:
        a = p.word("a")
        p.call(x0=a)
        p.ensures(lambda s: {"same": s.x0 == a})

    def fn(p: Proof) -> None:
        p.uses(idle)
        a, b = p.word("a"), p.word("b")
        p.call(x0=a, x1=b)
        p.modifies(p.stack(16))
        p.ensures(lambda s: {"less": p.integer(s.x0) == p.integer((a < b).bit)})

    around = "stp x29, x30, [sp, #-16]!\n cmp x0, x1\n bl g\n cset x0, lo\n ldp x29, x30, [sp], #16\n ret"
    assert symbolically(fn, files(tmp_path, around, "cmp x0, x0\n ret"), "f")
    assert symbolically(fn, files(tmp_path, around, "ret"), "f")


# -- what the declarations refuse -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("declare", "said"),
    [
        (lambda p: p.number(lambda j: j[31:0], name="A"), "64 bits, it has 32"),
        (lambda p: p.number(lambda j: [j, j], name="A"), "64 bits, it has 128"),
        (lambda p: p.number(lambda j: 5, name="A"), "A: its words"),
        (lambda p: p.number(lambda j: j, width=0, name="A"), "width of a word"),
        (lambda p: p.fold_int(lambda h, x: h + x, start=True, over=lambda i: 0, name="A"), "its start"),
        (lambda p: p.fold_int(lambda h, x: h + x, start=0, over=lambda i: i, name="A"), "is an integer, not"),
        (lambda p: p.fold_int(lambda h, x: h == x, start=0, over=lambda i: 1, name="A"), "is an integer, not"),
    ],
)
def test_what_is_no_number(tmp_path: Path, declare: Callable[[Proof], object], said: str) -> None:
    def fn(p: Proof) -> None:
        n = p.nat("n", high=5)
        p.call(x0=n)
        A = declare(p)
        p.ensures(lambda s: {"": p.integer(s.x0) + A(n) * 0 + A(3) >= 0})  # type: ignore[operator]

    with pytest.raises(InputError, match=said):
        run(fn, routine(tmp_path, "ret"), "f")


@pytest.mark.parametrize("kind", ["words", "residues", "integers"])
def test_a_value_before_the_first(tmp_path: Path, kind: str) -> None:
    """H(n - 1) is H(2^64 - 1) for n = 0: a run on numbers says so, where it once went on computing it."""

    def fn(p: Proof) -> None:
        n = p.nat("n", high=5)
        p.call(x0=n)
        if kind == "words":
            H = p.fold(lambda h, _: [h[0] + 1], start=[n * 0], over=lambda i: Words([i]))
            p.ensures(lambda s: {"": H(n)[0] == H(n - 1)[0] + 1})
        elif kind == "residues":
            M = p.fold_mod(lambda h, _: h + 1, modulus=7, start=0, over=lambda _: 0)
            p.ensures(lambda s: {"": congruent(M(n), M(n - 1) + 1, 7)})
        else:
            F = p.fold_int(lambda h, _: h + 1, start=0, over=lambda _: 0)
            p.ensures(lambda s: {"": F(n) == F(n - 1) + 1})

    with pytest.raises(InputError, match=r"H\(0xffffffffffffffff\) is not computed"):
        run(fn, routine(tmp_path, "ret"), "f")
