"""Which words of an encoding class are tried: every small field combination, a sample beyond that.

Register fields are drawn at random (registers 30 and 31 and equal registers often); every other
field is enumerated.  When the other fields have more than `LIMIT` combinations, the narrow
ones are still enumerated against each other, and the wide ones are given boundary values
and random values; results say how many combinations there are and whether all were tried.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence

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

    `total` counts the combinations of non-register fields, `count` those that are tried,
    `enumerated` tells whether that is all of them.
    """

    def __init__(self, cls: type[Instruction], seed: int, *, limit: int = LIMIT) -> None:
        self.cls = cls
        self._rng = random.Random(f"words/{seed}/{cls.__name__}")
        self.registers = [f for f in cls.fields if is_register_field(f)]
        self.others = [f for f in cls.fields if not is_register_field(f)]
        self.limit = limit
        self.total = _space(self.others)
        self.enumerated = self.total <= limit
        self.count = self.total
        if not self.enumerated:
            narrow = sorted((f for f in self.others if f.width <= 4), key=lambda f: f.width)
            while narrow and _space(narrow) > limit // 16:
                narrow.pop()
            self._narrow = narrow
            self._wide = [(f, _boundary(f)) for f in self.others if f not in narrow]
            self._space = _space(narrow)
            self.count = limit // self._space * self._space

    def combination(self, n: int) -> dict[str, int]:
        """Values of the non-register fields, for 0 <= n < `count`."""
        if self.enumerated:
            return _split(self.others, n)
        rng = self._rng
        turn, k = divmod(n, self._space)
        values = _split(self._narrow, k)
        for f, bounds in self._wide:
            # A single wide field walks through its boundary values with every combination of the
            # narrow fields; several take theirs independently.
            if turn < len(bounds) and len(self._wide) == 1:
                values[f.name] = bounds[turn]
            elif turn < len(bounds) or rng.random() < 0.25:
                values[f.name] = rng.choice(bounds)
            else:
                values[f.name] = rng.randrange(f.mask + 1)
        return values

    def registers_at_random(self) -> dict[str, int]:
        """Values for the register fields: 30, 31 and repetitions more often than by chance."""
        rng = self._rng
        values: dict[str, int] = {}
        for f in self.registers:
            roll = rng.random()
            if roll < 0.15:
                values[f.name] = 31
            elif roll < 0.20:
                values[f.name] = 30
            elif roll < 0.30 and values:
                values[f.name] = rng.choice(list(values.values()))
            else:
                values[f.name] = rng.randrange(32)
        return values

    def words(self) -> Iterator[int]:
        """Words of the class, allocated or not: each combination, equally often until there are `limit`."""
        for n in range(self.count):
            values = self.combination(n)
            for _ in range(max(1, self.limit // self.count)):
                yield assemble(self.cls, values | self.registers_at_random())

    def _instruction(self, values: dict[str, int]) -> Instruction | None:
        """An instruction with these fields and random registers, if there is one."""
        cls, rng = self.cls, self._rng
        for _ in range(2 if self.registers else 1):
            i = cls.from_word(assemble(cls, values | self.registers_at_random()))
            if i is not None:
                return i
        # Some forms want 31 in a register field that they do not use.
        full = {f.name: 31 for f in self.registers}
        fallback = cls.from_word(assemble(cls, values | full)) if full else None
        if fallback is not None:
            for _ in range(16):
                some = {f: r for f, r in self.registers_at_random().items() if rng.random() < 0.5}
                i = cls.from_word(assemble(cls, values | full | some))
                if i is not None:
                    return i
        return fallback

    def instructions(self, least: int) -> Iterator[Instruction]:
        """Allocated instructions in random order.

        Every combination comes once, and again with other registers until there are `least`.
        """
        rng = self._rng
        made = 0
        numbers: Sequence[int] = range(self.count)
        while True:
            allocated = []
            for n in rng.sample(numbers, len(numbers)):
                i = self._instruction(self.combination(n))
                if i is not None:
                    made += 1
                    allocated.append(n)
                    yield i
            if made >= least or not allocated:
                return
            numbers = allocated
