"""Forms of instructions: a pattern of bits as the Arm manual draws it, and what its words do."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TypeAlias

from armsym.audit.machine import Machine, Step

__all__ = ["Fields", "Form", "Handler", "signed"]

#: The fields of a word by name, as natural numbers.
Fields: TypeAlias = Mapping[str, int]
#: Does what the word says; None stands for the next address.
Handler: TypeAlias = Callable[[Machine, Fields, int], Step | None]


def _always(_: Fields) -> bool:
    return True


@dataclass(frozen=True)
class Form:
    """The words that fit `pattern`, and whose fields `allocated` accepts.

    A pattern has fixed bits and fields, bit 31 first: "sf 00 100010 sh imm12:12 Rn:5 Rd:5".
    Raises `ValueError` for a pattern that is not of 32 bits or names a field twice.
    """

    name: str
    pattern: str
    run: Handler
    allocated: Callable[[Fields], bool] = _always
    mask: int = field(init=False)
    value: int = field(init=False)
    places: Mapping[str, tuple[int, int]] = field(init=False)

    def __post_init__(self) -> None:
        mask = value = 0
        at = 32
        places: dict[str, tuple[int, int]] = {}
        for part in self.pattern.split():
            if set(part) <= {"0", "1"}:
                at -= len(part)
                mask |= (1 << len(part)) - 1 << at if at >= 0 else 0
                value |= int(part, 2) << at if at >= 0 else 0
                continue
            name, _, width = part.partition(":")
            bits = int(width or 1)
            at -= bits
            if name in places:
                raise ValueError(f"{self.name}: the field {name} stands twice in {self.pattern!r}")
            places[name] = (at, (1 << bits) - 1)
        if at != 0:
            raise ValueError(f"{self.name}: {self.pattern!r} has {32 - at} bits, not 32")
        object.__setattr__(self, "mask", mask)
        object.__setattr__(self, "value", value)
        object.__setattr__(self, "places", MappingProxyType(places))

    def fields_of(self, word: int) -> Fields:
        """The fields of a word that fits the pattern."""
        return {name: word >> at & most for name, (at, most) in self.places.items()}

    def accepts(self, word: int) -> bool:
        """Whether a word is of this form."""
        return word & self.mask == self.value and self.allocated(self.fields_of(word))


def signed(value: int, width: int) -> int:
    """A field of `width` bits as a signed number."""
    return value - (value >> width - 1 << width)
