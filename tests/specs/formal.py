"""Formal sums and polynomials with integer coefficients, that know nothing but what `specs.rings` asks for.

They have no `%`, no `//`, no comparison and no truth value, so that a specification which runs on them used
+, - and * only.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from math import prod


class Sum:
    """A sum of multiples of unknowns, unknown -> coefficient; it can be multiplied by ints only."""

    def __init__(self, of: Mapping[int, int]) -> None:
        self.of = dict(of)

    def __add__(self, other: Sum, /) -> Sum:
        total = dict(self.of)
        for unknown, c in other.of.items():
            total[unknown] = total.get(unknown, 0) + c
        return Sum(total)

    def __neg__(self) -> Sum:
        return self * -1

    def __sub__(self, other: Sum, /) -> Sum:
        return self + -other

    def __mul__(self, other: int, /) -> Sum:
        assert type(other) is int
        return Sum({unknown: other * c for unknown, c in self.of.items()})

    def __bool__(self) -> bool:
        raise AssertionError("a specification branched on an unknown")

    def at(self, values: list[int]) -> int:
        return sum(c * values[unknown] for unknown, c in self.of.items())


#: A monomial: the unknowns in it, sorted, with repetitions.
Monomial = tuple[str, ...]


class Poly:
    """A polynomial in named unknowns, monomial -> coefficient."""

    def __init__(self, of: Mapping[Monomial, int]) -> None:
        self.of = {monomial: c for monomial, c in of.items() if c}

    @staticmethod
    def unknown(name: str) -> Poly:
        return Poly({(name,): 1})

    @staticmethod
    def _of(value: Poly | int) -> Poly:
        return Poly({(): value}) if isinstance(value, int) else value

    def __add__(self, other: Poly | int, /) -> Poly:
        total = dict(self.of)
        for monomial, c in Poly._of(other).of.items():
            total[monomial] = total.get(monomial, 0) + c
        return Poly(total)

    def __neg__(self) -> Poly:
        return self * -1

    def __sub__(self, other: Poly | int, /) -> Poly:
        return self + -Poly._of(other)

    def __mul__(self, other: Poly | int, /) -> Poly:
        product: dict[Monomial, int] = {}
        for m, c in self.of.items():
            for n, d in Poly._of(other).of.items():
                monomial = tuple(sorted(m + n))
                product[monomial] = product.get(monomial, 0) + c * d
        return Poly(product)

    def __bool__(self) -> bool:
        raise AssertionError("a specification branched on an unknown")

    def at(self, values: Mapping[str, int]) -> int:
        return sum(c * prod(values[name] for name in monomial) for monomial, c in self.of.items())


def edge_polynomials(q: int) -> list[list[int]]:
    """256 coefficients in 0 to q - 1 each: all 0, all q - 1, single ones, and five random polynomials."""
    rng = random.Random(q)
    units = [[int(k == i) for k in range(256)] for i in (0, 1, 127, 128, 255)]
    return [[0] * 256, [q - 1] * 256, *units, *([rng.randrange(q) for _ in range(256)] for _ in range(5))]


def product_mod_x256_plus_1(f: list[int], g: list[int], q: int) -> list[int]:
    """f g modulo X^256 + 1 and q, by one product of large numbers: coefficients in 0 to q - 1, 64 bits apart."""
    F, G = (sum(c % q << (64 * k) for k, c in enumerate(poly)) for poly in (f, g))
    product = F * G
    of = [product >> (64 * k) & (2**64 - 1) for k in range(512)]
    return [(of[k] - of[k + 256]) % q for k in range(256)]


class Number:
    """An int behind +, -, *, and // and % by ints: no comparison, no truth value, no other operation."""

    def __init__(self, value: int) -> None:
        self._value = value

    @staticmethod
    def _of(value: Number | int) -> int:
        return value if isinstance(value, int) else value._value

    def __add__(self, other: Number | int, /) -> Number:
        return Number(self._value + Number._of(other))

    def __sub__(self, other: Number | int, /) -> Number:
        return Number(self._value - Number._of(other))

    def __neg__(self) -> Number:
        return Number(-self._value)

    def __mul__(self, other: Number | int, /) -> Number:
        return Number(self._value * Number._of(other))

    def __floordiv__(self, other: int, /) -> Number:
        assert type(other) is int
        assert other > 0
        return Number(self._value // other)

    def __mod__(self, other: int, /) -> Number:
        assert type(other) is int
        assert other > 0
        return Number(self._value % other)

    def __eq__(self, other: object) -> bool:
        raise AssertionError("a specification compared an unknown")

    __hash__ = None  # type: ignore[assignment]

    def __bool__(self) -> bool:
        raise AssertionError("a specification branched on an unknown")

    def value(self) -> int:
        return self._value
