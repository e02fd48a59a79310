"""What the proofs of Keccak-f[1600] have in common, whatever library they come from.

`void f(uint64_t A[5][5])`: the state is the 25 lanes of FIPS 202, section 3.1.2, in the core's
byte order.  The rounds are followed one by one, and each is cut in two: at the head of the loop
over them, and at theta.  Without cuts the polynomials of one round would be those of the round
before, multiplied out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import NamedTuple

from armsym.dsl import Bits, Claims, Fold, Iterated, Proof, State, Words
from specs import sha3

__all__ = [
    "KECCAK_F",
    "Rounds",
    "in_memory",
    "s2n_four",
    "s2n_in_memory",
    "s2n_scalar",
    "scalar_lanes",
    "scalar_rounds",
    "scalar_routine",
    "vector_lanes",
    "vector_rounds",
    "vector_routine",
]


def half_round(S: Words, k: int) -> list[Bits]:
    """Rnd(A, r) of section 3.3 in two steps: theta for k = 2r, the rest for k = 2r + 1."""
    A = sha3.state_of(S)
    return sha3.lanes_of(sha3.iota(sha3.chi(sha3.pi(sha3.rho(A))), k // 2) if k % 2 else sha3.theta(A))


#: KECCAK-f[1600] on 25 lanes: Algorithm 7 takes the rounds 0 to 23.
KECCAK_F = Iterated(half_round, times=48, name="keccak_f")


def permutation(p: Proof, lanes: Callable[[State | None], Words], name: str = "A") -> Fold:
    """State that on return the lanes are KECCAK-f of those on entry; `lanes` says where they are, None is entry.

    Of the fold, A(2r) is the state before round r, A(2r + 1) the one after its theta.
    """
    A = p.unfold(KECCAK_F, lanes(None), name=name)
    p.ensures(lambda s: {f"lanes of {name}": lanes(s) == A(48)})
    return A


def in_memory(p: Proof) -> Fold:
    """`void f(uint64_t A[5][5])`."""
    ctx = p.region("ctx", 200, access="rw")  # 25 lanes of eight bytes
    p.call(x0=ctx)
    p.modifies(ctx)
    return permutation(p, lambda s: ctx.words(64, at=s))


def s2n_in_memory(p: Proof, states: int = 1, *, stack: int = 64) -> list[Fold]:
    """`void f(uint64_t a[25 * states], const uint64_t rc[24])`, rc being the round constants."""
    a = p.region("a", 200 * states, access="rw")
    rc = p.region("rc", 192, access="r", public=True)
    p.call(x0=a, x1=rc)
    for k, constant in enumerate(sha3.RC):
        p.given(rc, 8 * k, constant, f"round constant {k}")
    p.modifies(a, p.stack(stack))

    def lanes(k: int) -> Callable[[State | None], Words]:
        return lambda s: a.words(64, at=s)[25 * k : 25 * k + 25]

    return [permutation(p, lanes(k), name) for k, name in zip(range(states), "ABDE", strict=False)]


def in_registers(p: Proof, lanes: Callable[[State], Words]) -> Fold:
    """A routine of no calling convention, whose caller keeps the lanes in registers."""
    return permutation(p, lambda s: lanes(s or p.entry))


class _Theta(NamedTuple):
    """Theta, done or begun: lane j is `found[j] ^ lacking[j]`, `lacking` what theta has yet to add."""

    found: Words
    lacking: Words


def _in_round(t: _Track, s: State, index: int) -> Claims:
    """What is claimed of the state A(index), at a round's head or after its theta."""
    if index % 2 == 0:
        return {f"lanes of {t.A.name} before the round": t.lanes(s) == t.A(index)}
    now = t.theta(s)
    wanted = [lane ^ add for lane, add in zip(t.A(index), now.lacking, strict=True)]
    return {f"lanes of {t.A.name} after theta": now.found == wanted}


class _Track(NamedTuple):
    """A state: where its lanes are at the loop head, and in the middle of a round."""

    A: Fold
    lanes: Callable[[State], Words]
    theta: Callable[[State], _Theta]


#: The states, each with an index, whose half rounds begin at a point: in pass q of the code, j-th time in it.
_Points = Callable[[int, int], list[tuple[_Track, int]]]


def _rounds(p: Proof, *tracks: _Track, head: int, middle: int, first: int = 0, drop_v: Iterable[int] = ()) -> None:
    """Cut round `first` and all after it, at the loop head and in the middle."""

    def forget(index: int) -> list[tuple[Fold, int]]:
        return [(t.A, index) for t in tracks] if index < 48 else []

    @p.cut_each(head, forget=lambda k: forget(2 * (first + k)), drop_v=drop_v)
    def _(s: State, k: int) -> Claims:
        if first + k >= 24:
            return {"no round after the last": False}
        return dict(claim for t in tracks for claim in _in_round(t, s, 2 * (first + k)).items())

    @p.cut_each(middle, forget=lambda k: forget(2 * (first + k) + 1), drop_v=drop_v)
    def _(s: State, k: int) -> Claims:
        if first + k >= 24:
            return {"no round after the last": False}
        return dict(claim for t in tracks for claim in _in_round(t, s, 2 * (first + k) + 1).items())


def _registers(s: State, numbers: Iterable[int]) -> Words:
    return Words(s.x[n] for n in numbers)


def _half(s: State, numbers: Iterable[int], half: int = 0) -> Words:
    """The low or the high halves (0, 1) of vectors."""
    return Words(s.v[n].elem(half, 64) for n in numbers)


#: OpenSSL's scalar code: lanes in X0 to X24, but X25 for X18, the platform's register.
_SCALAR = (*range(18), 25, *range(19, 25))


def scalar_lanes(s: State) -> Words:
    """The lanes where KeccakF1600_int keeps them."""
    return _registers(s, _SCALAR)


def vector_lanes(s: State) -> Words:
    """The lanes where KeccakF1600_ce keeps them: in the low halves of V0 to V24."""
    return _half(s, range(25))


def scalar_routine(p: Proof) -> None:
    """KeccakF1600_int: lanes in general-purpose registers; its caller lends it 32 bytes of its frame."""
    scalar_rounds(p, in_registers(p, scalar_lanes))
    p.clobbers(x=[*_SCALAR, 26, 27, 28])
    p.modifies(p.stack(0, above=32))


def scalar_rounds(p: Proof, A: Fold) -> None:
    """The rounds of KeccakF1600_int."""
    start = p.image.symbol("KeccakF1600_int").offset
    after = [0, 1, 27, 26, 28, *_SCALAR[5:]]
    nothing = Words([Bits(64, 0)] * 25)
    track = _Track(A, scalar_lanes, lambda s: _Theta(_registers(s, after), nothing))
    _rounds(p, track, head=start + 0x10, middle=start + 0xE0)


def vector_routine(p: Proof) -> None:
    """KeccakF1600_ce: lanes in the low halves of V0 to V24."""
    vector_rounds(p, [in_registers(p, vector_lanes)], "KeccakF1600_ce", (29, 30, 31, 27, 28), skip=0x10)
    p.clobbers(x=[9, 10], v=range(32))


def _vector_track(A: Fold, half: int, lacking: Iterable[int]) -> _Track:
    """The lanes in the low or the high halves (0, 1) of V0 to V24; in `lacking` what theta adds."""
    adds = [*lacking] * 5
    return _Track(
        A,
        lambda s: _half(s, range(25), half),
        lambda s: _Theta(_half(s, range(25), half), _half(s, adds, half)),
    )


def vector_rounds(p: Proof, states: Sequence[Fold], head: str, lacking: Iterable[int], *, skip: int = 0) -> None:
    """EOR3, RAX1, XAR, BCAX: lanes in V0 to V24, of one state or of two side by side, theta and rho in one instruction.

    The loop's head lies `skip` bytes after the symbol `head`; before the first XAR, the vectors
    `lacking` hold what theta adds to the sheets x = 0 to 4.
    """
    at = p.image.symbol(head).offset + skip
    tracks = [_vector_track(A, half, lacking) for half, A in enumerate(states)]
    _rounds(p, *tracks, head=at, middle=at + 0x3C, drop_v=range(32))


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


#: What theta adds to the sheets x = 0 to 4: in round 0, in the others, and in vectors.
_FIRST_ADDS = (27, 29, 0, 23, 30)
_ADDS = (26, 27, 0, 30, 28)
_S2N_LACKING = (26, 25, 29, 28, 27)


def _s2n_lanes(s: State) -> Words:
    """The lanes at the head of a round of s2n-bignum's scalar code."""
    return Words(s.x[r].ror(n) for r, n in _S2N)


def _s2n_theta(s: State, *, first: bool = False, spilled: int = 24) -> _Theta:
    """The lanes in the middle of a round, the first or another; one lies `spilled` bytes above SP."""
    before = _registers(s, [r for r, _ in _S2N]) if first else _s2n_lanes(s)
    after, adds = (_S2N_THETA_0, _FIRST_ADDS) if first else (_S2N_THETA, _ADDS)
    found, lacking = Words(), Words()
    for old, register, add in zip(before, after, [*adds] * 5, strict=True):
        if register is None:
            found.append(old)
            lacking.append(s.x[add])
        else:
            found.append(s.load(s.sp + spilled, 64) if register == _SPILLED else s.x[register])
            lacking.append(Bits(64, 0))
    return _Theta(found, lacking)


def s2n_scalar(p: Proof, A: Fold) -> None:
    """s2n-bignum's scalar code: round 0 stands before the loop, and rho is left to the next use of a lane."""

    @p.cut(p.image.symbol("sha3_keccak_f1600").offset + 0x114, forget=[(A, 1)])
    def _(s: State) -> Claims:
        return _in_round(_Track(A, _s2n_lanes, lambda s: _s2n_theta(s, first=True)), s, 1)

    head = p.image.symbol("Lsha3_keccak_f1600_loop").offset
    _rounds(p, _Track(A, _s2n_lanes, _s2n_theta), head=head, middle=head + 0xBC, first=1)


class Rounds(NamedTuple):
    """Where rounds side by side are, as offsets from the routine's symbol: theirs in the code for four states.

    `vectors` is the middle of the round in vectors; of the two rounds in general-purpose registers `scalar` is the
    middle of the first, the head of the second, and its middle.
    """

    vectors: int
    scalar: tuple[int, int, int]


def s2n_four(p: Proof, states: Sequence[Fold], symbol: str, *, begin: Rounds, loop: Rounds) -> None:
    """Four states: every half round of each is cut by itself, wherever the others are.

    Twice the same code (at the symbols L..._initial and L..._loop), in which two states side by side in vectors take
    their rounds 0 to 11, then 12 to 23, and one more in general-purpose registers takes all its rounds: two for
    each of the vectors.  The first two stand before the loop, which has the other eleven times two.
    """
    pair, single = states[:2], states[2:]
    origin = p.image.symbol(symbol).offset

    def vectors(index: int) -> _Points:
        return lambda q, j: [(_vector_track(A, k, _S2N_LACKING), 24 * q + 2 * j + index) for k, A in enumerate(pair)]

    def scalar(index: int, *, first: bool = False) -> _Points:
        theta = partial(_s2n_theta, first=first, spilled=0xD0)
        return lambda q, j: [(_Track(single[q], _s2n_lanes, theta), 4 * j + index)]

    def cut(at: int, each: int, *points: _Points) -> None:
        """Where each pass q comes `each` times, for j = 0, 1, ..., to these points."""

        def here(k: int) -> list[tuple[_Track, int]]:
            return [x for f in points for x in f(*divmod(k, each))] if k < 2 * each else []

        @p.cut_each(at, forget=lambda k: [(t.A, index) for t, index in here(k)])
        def _(s: State, k: int) -> Claims:
            found = {name: claim for t, index in here(k) for name, claim in _in_round(t, s, index).items()}
            return found or {"no third pass": False}

    cut(p.image.symbol(f"L{symbol}_initial").offset, 1, vectors(0))
    cut(origin + begin.vectors, 1, vectors(1))
    for index, at in enumerate(begin.scalar, 1):
        cut(origin + at, 1, scalar(index, first=index == 1))
    cut(p.image.symbol(f"L{symbol}_loop").offset, 11, vectors(2), scalar(4))
    cut(origin + loop.vectors, 11, vectors(3))
    for index, at in enumerate(loop.scalar, 5):
        cut(origin + at, 11, scalar(index))
