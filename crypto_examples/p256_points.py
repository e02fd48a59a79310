"""Points of P-256 in Jacobian coordinates, as OpenSSL's assembly has them: SP 800-186, section 3.2.1.3 and A.1.1.

A coordinate is four words, the first the least significant, in Montgomery's form: multiplied by R = 2**256 modulo p,
and below p.  The routines are made of inner ones with a calling convention of their own, each proved once.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Collection, Sequence

from armsym.dsl import (
    Bits,
    Claims,
    Integer,
    Proof,
    Region,
    Relation,
    State,
    below,
    concat,
    congruent,
    proof,
    unless,
    when,
)
from armsym.wheels import Wheel
from crypto_examples.p256 import R
from specs.sp800_186 import P256, jacobian_add, jacobian_double, negate, same_point, sum_cases, to_jacobian

__all__ = ["declare", "some_point"]

P = P256.p

#: Of R, modulo p: what takes a number out of Montgomery's form.
INVERSE = pow(R, -1, P)

#: What is known of a register in all of them: the second and the last word of p.
WORDS_OF_P = {"x12": P >> 64 & 2**64 - 1, "x13": P >> 192}

Value = Callable[[Integer | int, Integer | int], Integer | int]

#: By the end of an inner routine's name: the registers of its first operand; where the second is: registers, or "x2",
#: which points to it; what r times what is; and the registers that it changes.
INNER: dict[str, tuple[range, range | str, Value, int, list[int]]] = {
    "mul_mont": (range(4, 8), "x2", lambda a, b: a * b, R, [3, *range(8, 12), *range(14, 18), 19, 20]),
    "sqr_mont": (range(4, 8), "", lambda a, _: a * a, R, [*range(1, 12), *range(14, 18), 19, 20]),
    "add": (range(14, 18), range(8, 12), lambda a, b: a + b, 1, [1, *range(8, 12), *range(14, 18)]),
    "sub_from": (range(14, 18), "x2", lambda a, b: a - b, 1, [1, *range(8, 12), *range(14, 18)]),
    "sub_morf": (range(14, 18), "x2", lambda a, b: b - a, 1, [1, *range(8, 12), *range(14, 18)]),
    "div_by_2": (range(14, 18), "", lambda a, _: a, 2, [1, *range(8, 12), *range(14, 18)]),
}


def declare(of: Wheel, library: str, add_is: str = "add") -> None:
    """Declare the proofs of a library's routines for points, and of the inner ones; `add_is` is one's name there."""
    inner_ones = {
        operation: proof(
            symbol := f"__ecp_nistz256_{add_is if operation == 'add' else operation}", of=of, name=f"{library}{symbol}"
        )(inner(operation))
        for operation in INNER
    }

    def by_contract(routine: Callable[[Proof], None], calls: Collection[str]) -> Callable[[Proof], None]:
        def prove(p: Proof) -> None:
            p.uses(*(inner_ones[operation] for operation in INNER if operation in calls))
            routine(p)

        return prove

    for name, (routine, calls) in ROUTINES.items():
        symbol = f"ecp_nistz256_point_{name}"
        proof(symbol, of=of, name=f"{library}_{symbol}")(by_contract(routine, calls))


def number(p: Proof, words: Sequence[Bits]) -> Integer | int:
    """The number that words make, as one unknown: what is said of it is not written out in limbs."""
    return p.integer(concat(*reversed(words)))


def inner(operation: str) -> Callable[[Proof], None]:
    """The proof function of `__ecp_nistz256_` and an operation: the result in X14-X17, and in memory at X0."""
    first, second, value, times, changed = INNER[operation]

    def prove(p: Proof) -> None:
        a = [p.word(f"a{k}") for k in range(4)]
        arguments: dict[str, Bits | Region | int] = {f"x{n}": w for n, w in zip(first, a, strict=True)}
        in_place = second == "x2" and p.choice("in_place", range(2))
        r = p.region("r", 32, access="rw" if in_place else "w")
        if isinstance(second, range):
            b = [p.word(f"b{k}") for k in range(4)]
            arguments |= {f"x{n}": w for n, w in zip(second, b, strict=True)}
        elif second:
            at = r if in_place else p.region("b", 32, access="r")
            p.example(at, below(P))
            b = at.words(64)
            arguments["x2"] = at
        else:
            b = a
        if operation == "mul_mont":
            arguments["x3"] = b[0]
        A, B = number(p, a), number(p, b)
        p.assume("a is below p", A < P)
        if second:
            p.assume("b is below p", B < P)
        p.call(x0=r, **arguments, **WORDS_OF_P)
        p.modifies(r)
        p.clobbers(x=changed)

        @p.ensures
        def claims(s: State) -> Claims:
            result = number(p, s.x[14:18])
            return {
                "stored": r.words(64, at=s) == s.x[14:18],
                "value": congruent(result * times, value(A, B), P),
                "reduced": result < P,
            }

    return prove


class Points:
    """A routine that takes points and stores one: its regions, and what the results are as Jacobian coordinates.

    Operands may be stored where the result goes; each of these places is a case of its own.
    """

    def __init__(self, p: Proof, operands: Sequence[int], stack: int) -> None:
        """`operands` are the numbers of coordinates of those after the result, in X1 and up: 2 for affine ones."""
        self.p = p
        names = "ab"[: len(operands)]
        # Only a point of three coordinates is in a place for one.
        shared = p.choice("in_place", range(1 << sum(n == 3 for n in operands)))
        regions: list[Region] = []
        for k, (name, n) in enumerate(zip(names, operands, strict=True)):
            if shared >> k & 1 and n == 3:
                first = next((r for r in regions if r.access == "rw"), None)
                regions.append(first or p.region(name, 32 * n, access="rw"))
            else:
                regions.append(p.region(name, 32 * n, access="r"))
        self.result = next((r for r in regions if r.access == "rw"), None) or p.region("r", 96, access="rw")
        for r in {r.name: r for r in regions}.values():
            p.example(r, some_point)
        self.words = [r.words(64) for r in regions]
        self.operands = [[number(p, w[k : k + 4]) for k in range(0, len(w), 4)] for w in self.words]
        for name, coordinates in zip(names, self.operands, strict=True):
            p.assume(f"the coordinates of {name} are below p", [c < P for c in coordinates])
        p.call(x0=self.result, **{f"x{k}": r for k, r in enumerate(regions, 1)})
        p.modifies(self.result, p.stack(stack))

    def plain(self, k: int) -> list[Integer | int]:
        """Operand k, out of Montgomery's form."""
        return [c * INVERSE for c in self.operands[k]]

    def stored(self, s: State) -> list[Integer | int]:
        """The coordinates of the result."""
        words = self.result.words(64, at=s)
        return [number(self.p, words[k : k + 4]) for k in range(0, 12, 4)]


def some_point(rng: random.Random, size: int) -> bytes:
    """Coordinates below p, often of one of few points: so that two are equal, opposite or infinity in some runs."""
    G = P256.G
    n = size // 32
    if n == 3:
        few = [
            to_jacobian(G, rng.choice([1, 2])),
            to_jacobian(negate(P256, G), 3),
            (rng.randrange(P), G[1], 0),
            (0, 0, 0),
        ]
    else:
        few = [(*G, 1), (G[0], P - G[1], 1), (0, 0, 1), (0, G[1], 1), (G[0], 0, 1)]
    point = (
        rng.choice(few) if rng.random() < 0.6 else tuple(rng.choice([0, 1, P - 1, rng.randrange(P)]) for _ in range(3))
    )
    return b"".join((c * R % P).to_bytes(32, "little") for c in point[:n])


def _is(stored: Sequence[Integer | int], wanted: Sequence[Integer | int]) -> list[Relation | bool]:
    """That coordinates in Montgomery's form are congruent to plain ones."""
    return [congruent(c * INVERSE, v, P) for c, v in zip(stored, wanted, strict=True)]


def double(p: Proof) -> None:
    """`void ecp_nistz256_point_double(P256_POINT *r, const P256_POINT *a)`: 2a, for any point."""
    f = Points(p, [3], 224)
    X, Y, Z = f.plain(0)

    @p.ensures
    def claims(s: State) -> Claims:
        result = f.stored(s)
        return {"double": _is(result, jacobian_double(P256, (X, Y, Z))), "reduced": [c < P for c in result]}


def add_affine(p: Proof) -> None:
    """`void ecp_nistz256_point_add_affine(P256_POINT *r, const P256_POINT *a, const P256_POINT_AFFINE *b)`.

    The sum of a and b, for any points but equal ones; (0, 0) is the affine point at infinity.  For equal points
    it is infinity, which is no sum: callers have to see that they are not.
    """
    f = Points(p, [3, 2], 400)
    a, (x, y) = f.plain(0), f.plain(1)
    Z = a[2]
    b = [x, y, 1]
    infinite = [congruent(x, 0, P), congruent(y, 0, P)]

    @p.ensures
    def claims(s: State) -> Claims:
        result = f.stored(s)
        said: Claims = {"b is infinity: a": when(infinite, _is(result, a))}
        for name, c in zip("xy", infinite, strict=True):
            said[f"{name} is not 0, a is infinity: b"] = unless(c, when(congruent(Z, 0, P), _is(result, b)))
            said[f"{name} is not 0, nor is a infinity"] = unless(
                [c, congruent(Z, 0, P)], _is(result, jacobian_add(P256, (a[0], a[1], a[2]), (x, y, 1)))
            )
        said["reduced"] = [c < P for c in result]
        return said


#: Those of `sum_cases`.
CASES = (
    "both are infinity: infinity",
    "a is infinity: b",
    "b is infinity: a",
    "x differs",
    "opposite: infinity",
    "equal: twice a",
    "equal, of order two: infinity",
)


def add(p: Proof) -> None:
    """`void ecp_nistz256_point_add(P256_POINT *r, const P256_POINT *a, const P256_POINT *b)`: a + b, in every case."""
    f = Points(p, [3, 3], 480)
    a, b = (_triple(f.plain(k)) for k in range(2))
    # It branches to doubling.
    equal = [congruent(u, v, P) for u, v in same_point(P256, a, b)]
    p.reveals("a and b are one point, not infinity", [*equal, *(concat(*words[8:]) != 0 for words in f.words)])

    @p.ensures
    def claims(s: State) -> Claims:
        result = f.stored(s)
        said: Claims = {}
        for name, case in zip(CASES, sum_cases(P256, a, b), strict=True):
            claim = _is(result, case.result) if case.result else congruent(result[2], 0, P)
            if case.zero:
                claim = when([congruent(c, 0, P) for c in case.zero], claim)
            if case.nonzero:
                claim = unless([congruent(c, 0, P) for c in case.nonzero], claim)
            said[name] = claim
        said["reduced"] = [c < P for c in result]
        return said


def _triple(c: Sequence[Integer | int]) -> tuple[Integer | int, Integer | int, Integer | int]:
    X, Y, Z = c
    return X, Y, Z


#: By the end of its name, each routine, and which inner ones it calls.
ROUTINES: dict[str, tuple[Callable[[Proof], None], Collection[str]]] = {
    "double": (double, INNER.keys()),
    "add": (add, INNER.keys()),
    "add_affine": (add_affine, INNER.keys() - {"div_by_2"}),
}
