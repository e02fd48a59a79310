"""Capstone as the oracle of decoding and of assembler syntax."""

from __future__ import annotations

import re
from collections.abc import Sequence
from importlib.metadata import version
from typing import Any

from armsym.errors import InputError

__all__ = ["Capstone", "normalise"]

_NUMBER = re.compile(r"(?<![\w.])#?(-?)(0x[0-9a-f]+|\d+)(?!\w)")
_SPACE = re.compile(r"\s+")


def _by_value(match: re.Match[str]) -> str:
    sign, digits = match.groups()
    n = (-int(digits, 0) if sign else int(digits, 0)) & ((1 << 64) - 1)
    return f"#{n - (n >> 63 << 64)}"


def normalise(text: str) -> str:
    """The text up to what two assemblers may write differently for the same instruction.

    The written rules, all of them:
    1. letters are lower case;
    2. blanks: one after the mnemonic and after each comma, none elsewhere;
    3. numbers are compared by value modulo 2**64: decimal or hexadecimal, signed or not,
       with or without `#`.
    """
    text = _SPACE.sub(" ", text.strip().lower())
    text = text.replace(" ,", ",").replace(", ", ",").replace("[ ", "[").replace(" ]", "]")
    text = text.replace("{ ", "{").replace(" }", "}")
    text = _NUMBER.sub(_by_value, text)
    return text.replace(",", ", ")


class Capstone:
    """Disassembles A64 words; raises `InputError` when Capstone is not installed."""

    def __init__(self) -> None:
        try:
            import capstone
        except ImportError as e:
            raise InputError(f"the decode oracle capstone==5.0.9 is not installed: {e}") from None
        self.version = version("capstone")
        self._cs: Any = capstone.Cs(capstone.CS_ARCH_ARM64, capstone.CS_MODE_ARM)
        self._cs.skipdata = True

    def disassemble(self, word: int, pc: int) -> str | None:
        """ "mnemonic operands" of one word at address `pc`, or None if Capstone rejects it."""
        return self.disassemble_many([word], pc)[0]

    def disassemble_many(self, words: Sequence[int], pc: int) -> list[str | None]:
        """The words laid out one after the other from address `pc` on."""
        code = b"".join(w.to_bytes(4, "little") for w in words)
        out: list[str | None] = [
            None if name == ".byte" else f"{name} {operands}".rstrip()
            for _, _, name, operands in self._cs.disasm_lite(code, pc)
        ]
        if len(out) != len(words):
            raise AssertionError(f"Capstone answered {len(out)} lines for {len(words)} words")
        return out
