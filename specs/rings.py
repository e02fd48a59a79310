"""What specifications of arithmetic ask of their numbers, so that one text runs on ints and on formal expressions.

A residue class modulo q has many representatives.  A standard's "mod q" picks the least on ints (`mod`); a formal
expression is left as it is and stands for its class, so that whoever compares has to ask for congruence modulo q.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Protocol, TypeVar, cast

__all__ = [
    "XOF",
    "Floors",
    "Linear",
    "Ring",
    "bytes_exactly",
    "coefficients",
    "exactly_ints",
    "mod",
    "mod_pm",
    "negacyclic_product",
    "squeezed",
]


# Results are of type Any, since a formal expression may end as an int: x - x as 0, say.


class Linear(Protocol):
    """What can be added, subtracted, negated, and multiplied by an int from the right: ints, sums of unknowns."""

    def __add__(self, other: Any, /) -> Any: ...
    def __sub__(self, other: Any, /) -> Any: ...
    def __neg__(self) -> Any: ...
    def __mul__(self, other: int, /) -> Any: ...


class Ring(Protocol):
    """`Linear`, with products of two elements, and ints as elements: ints, polynomials in unknowns."""

    def __add__(self, other: Any, /) -> Any: ...
    def __sub__(self, other: Any, /) -> Any: ...
    def __neg__(self) -> Any: ...
    def __mul__(self, other: Any, /) -> Any: ...


class Floors(Ring, Protocol):
    """`Ring`, with exact floor quotients and least remainders by positive ints: ints, integers with floors of them."""

    def __floordiv__(self, other: int, /) -> Any: ...
    def __mod__(self, other: int, /) -> Any: ...


T = TypeVar("T")
R = TypeVar("R", bound=Ring)
F = TypeVar("F", bound=Floors)


def mod(x: T, q: int) -> T:
    """x mod q: on an int the representative in 0 to q - 1; anything else is left, as a member of its residue class."""
    return cast(T, x % q) if isinstance(x, int) else x


def mod_pm(m: F, alpha: int) -> F:
    """m mod± alpha: the m' congruent to m modulo alpha with -ceil(alpha/2) < m' <= floor(alpha/2).

    FIPS 204, section 2.3.
    """
    result: F = m - (m + (alpha - 1) // 2) // alpha * alpha
    return result


def coefficients(count: int, f: list[T]) -> list[T]:
    """A copy of `f`; raises `ValueError` unless it has `count` elements."""
    if len(f) != count:
        raise ValueError(f"{len(f)} coefficients given where {count} are needed")
    return list(f)


def bytes_exactly(count: int, data: bytes) -> bytes:
    """`data`; raises `ValueError` unless it has `count` bytes."""
    if len(data) != count:
        raise ValueError(f"{len(data)} bytes given where {count} are needed")
    return data


def exactly_ints(count: int, low: int, high: int, values: list[int]) -> list[int]:
    """A copy of `values`; raises `ValueError` unless there are `count` of them, each in low to high, both included."""
    for k, value in enumerate(values):
        if not low <= value <= high:
            raise ValueError(f"coefficient {k} is {value}, not in {low} to {high}")
    return coefficients(count, values)


def negacyclic_product(f: list[R], g: list[R], q: int) -> list[R]:
    """f g modulo X^n + 1, for n coefficients modulo q each: the product of the ring R_q by its definition.

    FIPS 203 and FIPS 204, section 2.3, n = 256.  It takes n^2 products, and says what the transform of either document,
    the product of transforms and the inverse compute together.
    """
    n = len(f)
    g = coefficients(n, g)
    h = [x * 0 for x in f]
    for i in range(n):
        for j in range(n):
            k, product = (i + j) % n, f[i] * g[j]
            h[k] = mod(h[k] + product if i + j < n else h[k] - product, q)
    return h


#: An extendable-output function: the message and the number of output *bits*, a multiple of 8, as `specs.sha3` has it.
XOF = Callable[[bytes, int], bytes]


def squeezed(xof: XOF, message: bytes, size: int) -> Iterator[bytes]:
    """The endless output of `xof`, `size` bytes at a time: Init, Absorb and repeated Squeeze of FIPS 203 and 204.

    FIPS 203, section 4.1, and FIPS 204, section 3.7: the pieces put together are one long output.
    """
    done = 0
    while True:
        # Longer outputs of one message continue shorter ones, so nothing has to be kept but how far we are.
        until = max(2 * done, 256 * size)
        output = xof(message, 8 * until)
        for k in range(done, until, size):
            yield output[k : k + size]
        done = until
