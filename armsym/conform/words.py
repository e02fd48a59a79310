"""Which words of an encoding class are tried: every small field combination, sampled beyond that.

Register fields are drawn at random (register 31 and equal registers included); every
other field is enumerated.  When the other fields have more than `LIMIT` combinations,
the wide ones among them are cut down to boundary values plus a random sample, and the
report says how many combinations there are and how many were tried.
"""

from __future__ import annotations

import random
from collections.abc import Iterator

from armsym.isa import Field, Instruction

__all__ = ["LIMIT", "REGISTER_FIELDS", "ClassWords", "assemble", "is_register_field"]

#: Names the Arm manual gives to fields that hold a register number.
REGISTER_FIELDS = frozenset({"Rd", "Rn", "Rm", "Ra", "Rt", "Rt2", "Rs"})

#: Up to this many combinations of non-register fields are enumerated completely.
LIMIT = 1 << 12


def is_register_field(f: Field) -> bool:
    """Whether the field holds a five-bit register number."""
    return f.name in REGISTER_FIELDS and f.width == 5


def assemble(cls: type[Instruction], values: dict[str, int]) -> int:
    """The word of the class with these field values, allocated or not."""
    word = cls.fixed_value
    for f in cls.fields:
        word |= values[f.name] << f.lo
    return word


def _boundary(f: Field) -> list[int]:
    top = f.mask
    half = (top >> 1) + 1
    fixed = {0, 1, 2, 3, half - 1, half, half + 1, top - 1, top}
    fixed |= {1 << k for k in range(f.width)}
    return sorted(v for v in fixed if v <= top)


class ClassWords:
    """The words tried for one class; iteration is deterministic for a seed.

    `total` counts the combinations of non-register fields, `enumerated` tells whether
    every one of them is visited.
    """

    def __init__(self, cls: type[Instruction], seed: int, *, limit: int = LIMIT) -> None:
        self.cls = cls
        self._rng = random.Random(f"words/{seed}/{cls.__name__}")
        self.registers = [f for f in cls.fields if is_register_field(f)]
        self.others = [f for f in cls.fields if not is_register_field(f)]
        self.limit = limit
        self.total = 1
        for f in self.others:
            self.total <<= f.width
        self.enumerated = self.total <= limit

    def _register_values(self) -> dict[str, int]:
        rng = self._rng
        values: dict[str, int] = {}
        for f in self.registers:
            roll = rng.random()
            if roll < 0.15:
                values[f.name] = 31
            elif roll < 0.27 and values:
                values[f.name] = rng.choice(list(values.values()))
            else:
                values[f.name] = rng.randrange(32)
        return values

    def _sample(self) -> Iterator[dict[str, int]]:
        # Small fields keep all their values against each other; wide ones walk through
        # their boundary values first and are random afterwards.
        rng = self._rng
        narrow = [f for f in self.others if f.width <= 4]
        wide = [f for f in self.others if f.width > 4]
        while wide and _product(narrow) > self.limit // 4:
            narrow.sort(key=lambda f: f.width)
            wide.append(narrow.pop())
        space = _product(narrow)
        if space > self.limit:
            narrow, space = [], 1
            wide = list(self.others)
        bounds = {f.name: _boundary(f) for f in wide}
        rounds = max(self.limit // space, 1)
        for r in range(rounds):
            for k in range(space):
                values = _split(narrow, k)
                for f in wide:
                    b = bounds[f.name]
                    if r < 2 * len(b) and rng.random() < 0.7:
                        values[f.name] = b[r % len(b)] if len(wide) == 1 else rng.choice(b)
                    else:
                        values[f.name] = rng.randrange(f.mask + 1)
                yield values

    def combinations(self) -> Iterator[dict[str, int]]:
        """Values of the non-register fields, in order if all are enumerated."""
        if self.enumerated:
            for k in range(self.total):
                yield _split(self.others, k)
        else:
            yield from self._sample()

    def words(self, per_combination: int = 1) -> Iterator[int]:
        """Words of the class (allocated or not), `per_combination` register choices each."""
        for values in self.combinations():
            for _ in range(per_combination):
                yield assemble(self.cls, values | self._register_values())

    def shuffled(self) -> Iterator[int]:
        """Endless words in random order, each combination once before any comes twice."""
        rng = self._rng
        while True:
            combos = list(self.combinations())
            rng.shuffle(combos)
            for values in combos:
                yield assemble(self.cls, values | self._register_values())


def _product(fields: list[Field]) -> int:
    n = 1
    for f in fields:
        n <<= f.width
    return n


def _split(fields: list[Field], k: int) -> dict[str, int]:
    values = {}
    for f in fields:
        values[f.name] = k & f.mask
        k >>= f.width
    return values
