"""Numbers of a fixed number of words, of AWS-LC (s2n-bignum): as bytes, and whether they are 0."""

from __future__ import annotations

from armsym.dsl import Claims, Proof, State, proof
from crypto_examples.wheels import AWS_LC


@proof("bignum_nonzero_6", of=AWS_LC)
def bignum_nonzero_6(p: Proof) -> None:
    """`uint64_t f(uint64_t x[6])`: 1 if the number is not 0, else 0."""
    x = p.region("a", 48, access="r")
    p.call(x0=x)
    p.modifies()
    number = p.integer(x.words(64))
    p.ensures(lambda s: {"1 if not 0": p.integer(s.x0) == (number + 2**384 - 1) // 2**384})


def _copied(p: Proof, size: int, room: int, *, width: int) -> None:
    """The number in the `size` bytes of the source, as words or bytes, in the `room` bytes of the result."""
    place = p.choice("in_place", range(2 if size == room else 1))
    x = p.region("a", size, access="rw" if place else "r", cell=width // 8)
    z = x if place else p.region("z", room, access="w")
    p.call(x0=z, x1=x)
    p.modifies(z)
    given = x.words(8)

    def claims(s: State) -> Claims:
        got = z.words(8, at=s)
        zeros = [b == 0 for b in got[size:]]
        return {"number": list(got[:size] == given[:room]), **({"zeros": zeros} if zeros else {})}

    p.ensures(claims)


@proof("bignum_littleendian_6", of=AWS_LC)
def bignum_littleendian_6(p: Proof) -> None:
    """`void f(uint64_t z[6], uint8_t x[48])`, and the other way."""
    _copied(p, 48, 48, width=8)


@proof("bignum_fromlebytes_p521", of=AWS_LC)
def bignum_fromlebytes_p521(p: Proof) -> None:
    """`void f(uint64_t z[9], uint8_t x[66])`."""
    _copied(p, 66, 72, width=8)


@proof("bignum_tolebytes_p521", of=AWS_LC)
def bignum_tolebytes_p521(p: Proof) -> None:
    """`void f(uint8_t z[66], uint64_t x[9])`: the low 66 bytes."""
    _copied(p, 72, 66, width=64)
