"""What the proofs of Keccak-f[1600] have in common, whatever library they come from.

`void f(uint64_t A[5][5])`: the state is the 25 lanes of FIPS 202, section 3.1.2, in the core's
byte order.  The rounds are followed one by one, and each is cut in two: at the head of the loop
over them, and at theta.  Without cuts the polynomials of one round would be those of the round
before, multiplied out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

from armsym.dsl import Bits, Claims, Fold, Proof, Region, State, Words
from specs import sha3

__all__ = ["Permutation", "general_registers", "permutation", "s2n_scalar", "vectors"]


class Permutation(NamedTuple):
    """The state in memory; A(2r) is the state before round r, A(2r + 1) the one after its theta."""

    ctx: Region
    A: Fold


def permutation(p: Proof) -> Permutation:
    """Declare the argument and the postcondition: on return the lanes are A(48), KECCAK-f of those on entry."""
    ctx = p.region("ctx", 200, access="rw")  # 25 lanes of eight bytes
    p.call(x0=ctx)

    def half_round(S: Words, index: Words) -> list[Bits]:
        # Rnd(A, r) of section 3.3 in two steps; Algorithm 7 takes the rounds 0 to 23.
        r, second = divmod(index[0].uint, 2)
        A = sha3.state_of(S)
        return sha3.lanes_of(sha3.iota(sha3.chi(sha3.pi(sha3.rho(A))), r) if second else sha3.theta(A))

    A = p.fold(half_round, start=ctx.words(64), over=lambda k: Words([k]), name="A")
    p.modifies(ctx)
    p.ensures(lambda s: {"lanes": ctx.words(64, at=s) == A(48)})
    return Permutation(ctx, A)


class _Theta(NamedTuple):
    """Theta, done or begun: lane j is `found[j] ^ lacking[j]`, `lacking` what theta has yet to add."""

    found: Words
    lacking: Words


def _after_theta(t: _Theta, A: Words) -> Claims:
    return {"lanes after theta": t.found == [lane ^ add for lane, add in zip(A, t.lacking, strict=True)]}


def _rounds(
    p: Proof,
    f: Permutation,
    *,
    head: int,
    lanes: Callable[[State], Words],
    middle: int,
    theta: Callable[[State], _Theta],
    first: int = 0,
) -> None:
    """Cut round `first` and all after it, at the loop head and in the middle."""

    def forget(index: int) -> list[tuple[Fold, int]]:
        return [(f.A, index)] if index < 48 else []

    @p.cut_each(head, forget=lambda k: forget(2 * (first + k)))
    def _(s: State, k: int) -> Claims:
        if first + k >= 24:
            return {"no round after the last": False}
        return {"lanes before the round": lanes(s) == f.A(2 * (first + k))}

    @p.cut_each(middle, forget=lambda k: forget(2 * (first + k) + 1))
    def _(s: State, k: int) -> Claims:
        if first + k >= 24:
            return {"no round after the last": False}
        return _after_theta(theta(s), f.A(2 * (first + k) + 1))


def _registers(s: State, numbers: Iterable[int]) -> Words:
    return Words(s.x[n] for n in numbers)


def general_registers(p: Proof, f: Permutation, routine: str = "KeccakF1600_int") -> None:
    """OpenSSL's scalar code: lanes in X0 to X24, but X25 for X18, the platform's register."""
    start = p.image.symbol(routine).offset
    before = [*range(18), 25, *range(19, 25)]
    after = [0, 1, 27, 26, 28, *before[5:]]
    nothing = Words([Bits(64, 0)] * 25)
    _rounds(
        p,
        f,
        head=start + 0x10,
        lanes=lambda s: _registers(s, before),
        middle=start + 0xE0,
        theta=lambda s: _Theta(_registers(s, after), nothing),
    )


def vectors(p: Proof, f: Permutation, head: str, middle: int, lacking: Iterable[int], *, skip: int = 0) -> None:
    """EOR3, RAX1, XAR, BCAX: lanes in the low halves of V0 to V24, theta and rho in one instruction.

    The loop's head lies `skip` bytes after the symbol `head`; `middle` bytes after it, before the
    first XAR, the vectors `lacking` hold what theta adds to the sheets x = 0 to 4.
    """
    at = p.image.symbol(head).offset + skip
    adds = [*lacking] * 5

    def low(s: State, numbers: Iterable[int]) -> Words:
        return Words(s.v[n][63:0] for n in numbers)

    _rounds(
        p,
        f,
        head=at,
        lanes=lambda s: low(s, range(25)),
        middle=at + middle,
        theta=lambda s: _Theta(low(s, range(25)), low(s, adds)),
    )


#: s2n-bignum's scalar code, by lane: register at the loop's head and the rotation still to be done.
_S2N = (
    *((1, 0), (6, 43), (11, 50), (16, 0), (21, 20)),
    *((2, 61), (7, 19), (12, 3), (17, 36), (22, 44)),
    *((3, 39), (8, 56), (13, 46), (28, 63), (23, 58)),
    *((4, 54), (9, 49), (14, 8), (19, 37), (24, 28)),
    *((5, 25), (10, 23), (15, 62), (20, 2), (25, 9)),
)

_SPILLED = -1

#: Theta in the loop, by lane: its register, or None where that of `_S2N` still lacks what theta adds.
_S2N_THETA = (
    *(21, None, 11, 16, 3),
    *(None, 17, None, 1, 22),
    *(20, 8, 13, _SPILLED, None),
    *(None, 9, 14, 19, 24),
    *(None, None, 15, 29, 25),
)

#: The same in round 0.
_S2N_THETA_0 = (
    *(1, 2, 11, 24, 16),
    *(0, None, 17, 20, 22),
    *(None, 6, 26, 13, _SPILLED),
    *(4, None, 14, 30, 28),
    *(None, None, 15, 19, 21),
)


def s2n_scalar(p: Proof, f: Permutation) -> None:
    """s2n-bignum's scalar code: round 0 stands before the loop, and rho is left to the next use of a lane."""

    def lanes(s: State) -> Words:
        return Words(s.x[r].ror(n) for r, n in _S2N)

    def theta(s: State, before: Words, after: Iterable[int | None], adds: Iterable[int]) -> _Theta:
        found, lacking = Words(), Words()
        for old, register, add in zip(before, after, [*adds] * 5, strict=True):
            if register is None:
                found.append(old)
                lacking.append(s.x[add])
            else:
                found.append(s.load(s.sp + 24, 64) if register == _SPILLED else s.x[register])
                lacking.append(Bits(64, 0))
        return _Theta(found, lacking)

    @p.cut(p.image.symbol("sha3_keccak_f1600").offset + 0x114, forget=[(f.A, 1)])
    def _(s: State) -> Claims:
        return _after_theta(theta(s, _registers(s, [r for r, _ in _S2N]), _S2N_THETA_0, (27, 29, 0, 23, 30)), f.A(1))

    head = p.image.symbol("Lsha3_keccak_f1600_loop").offset
    _rounds(
        p,
        f,
        head=head,
        lanes=lanes,
        middle=head + 0xBC,
        theta=lambda s: theta(s, lanes(s), _S2N_THETA, (26, 27, 0, 30, 28)),
        first=1,
    )
