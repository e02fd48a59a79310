"""Which words of an encoding class are tried: every small field combination, a sample beyond that.

Register fields are drawn at random (register 31 and equal registers often); every other
field is enumerated.  When the other fields have more than `LIMIT` combinations, the narrow
ones are still enumerated against each other, and the wide ones are given boundary values
and random values; results say how many combinations there are and whether all were tried.
"""

from __future__ import annotations

import random
from collections.abc import Iterator

from armsym.isa import Field, Instruction

__all__ = ["LIMIT", "REGISTER_FIELDS", "ClassWords", "assemble", "is_register_field"]

#: Names the Arm manual gives to fields that hold a register number.
REGISTER_FIELDS = frozenset({"Rd", "Rn", "Rm", "Ra", "Rt", "Rt2", "Rs"})

#: Up to this many combinations of non-register fields are enumerated completely.
LIMIT = 1 << 14


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
    values = {0, 1, 2, 3, half - 1, half, half + 1, top - 1, top} | {1 << k for k in range(f.width)}
    return sorted(v for v in values if v <= top)


def _space(fields: list[Field]) -> int:
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


class ClassWords:
    """The words tried for one class, the same for the same seed.

    `total` counts the combinations of non-register fields, `enumerated` tells whether
    every one of them is visited.
    """

    def __init__(self, cls: type[Instruction], seed: int, *, limit: int = LIMIT) -> None:
        self.cls = cls
        self._rng = random.Random(f"words/{seed}/{cls.__name__}")
        self.registers = [f for f in cls.fields if is_register_field(f)]
        self.others = [f for f in cls.fields if not is_register_field(f)]
        self.limit = limit
        self.total = _space(self.others)
        self.enumerated = self.total <= limit

    def registers_at_random(self) -> dict[str, int]:
        """Values for the register fields: 31 and repetitions more often than by chance."""
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
        rng = self._rng
        narrow = sorted((f for f in self.others if f.width <= 4), key=lambda f: f.width)
        while narrow and _space(narrow) > self.limit // 16:
            narrow.pop()
        wide = [f for f in self.others if f not in narrow]
        bounds = {f.name: _boundary(f) for f in wide}
        space = _space(narrow)
        for r in range(self.limit // space):
            for k in range(space):
                values = _split(narrow, k)
                for f in wide:
                    # Each boundary value once with every combination of the narrow fields, then a mixture.
                    b = bounds[f.name]
                    if r < len(b):
                        values[f.name] = b[(r + k) % len(b)] if len(wide) == 1 else rng.choice(b)
                    elif rng.random() < 0.25:
                        values[f.name] = rng.choice(b)
                    else:
                        values[f.name] = rng.randrange(f.mask + 1)
                yield values

    def combinations(self) -> Iterator[dict[str, int]]:
        """Values of the non-register fields."""
        if self.enumerated:
            return (_split(self.others, k) for k in range(self.total))
        return self._sample()

    def words(self, about: int | None = None) -> Iterator[int]:
        """Words of the class, allocated or not: each combination at least once, `about` words if it has fewer."""
        tried = self.total if self.enumerated else self.limit
        repeat = max(1, (self.limit if about is None else about) // tried)
        for values in self.combinations():
            for _ in range(repeat):
                yield assemble(self.cls, values | self.registers_at_random())

    def allocated_combinations(self) -> list[dict[str, int]]:
        """The combinations that the class accepts, with some choice of registers."""
        from_word, cls = self.cls.from_word, self.cls
        plain = {f.name: k + 1 for k, f in enumerate(self.registers)}
        found = []
        for values in self.combinations():
            if from_word(assemble(cls, values | plain)) is not None or any(
                from_word(assemble(cls, values | self.registers_at_random())) is not None for _ in range(2)
            ):
                found.append(values)
        return found

    def instructions(self, allocated: list[dict[str, int]]) -> Iterator[Instruction]:
        """Endless instructions in random order, each combination once before any comes twice."""
        rng, cls = self._rng, self.cls
        while allocated:
            order = allocated[:]
            rng.shuffle(order)
            none = True
            for values in order:
                i = cls.from_word(assemble(cls, values | self.registers_at_random()))
                if i is not None:
                    none = False
                    yield i
            if none:
                return
