"""pypcode, the package of Ghidra's translator into P-code; imported when first used."""

from __future__ import annotations

from importlib.metadata import version
from typing import Any

from armsym.errors import InputError

__all__ = ["LANGUAGE", "Translator"]

#: Ghidra's name of the language: little-endian A64.
LANGUAGE = "AARCH64:LE:64:v8A"


class Translator:
    """Translates words; raises `InputError` when pypcode is not installed."""

    def __init__(self) -> None:
        try:
            import pypcode
        except ImportError as e:
            raise InputError(
                f"the translator into P-code is not installed: {e} (it comes with the extra `conform`: "
                "pip install 'armsym[conform]')"
            ) from None
        self.version = version("pypcode")
        self._bad: tuple[type[Exception], ...] = (pypcode.BadDataError, pypcode.UnimplError)
        self._context = pypcode.Context(LANGUAGE)
        #: Name of each register: its offset and its size in bytes.
        self.registers = {name: (r.offset, r.size) for name, r in self._context.registers.items()}

    def operations(self, word: int, pc: int) -> list[Any] | None:
        """The operations of the word at this address; None when Ghidra does not know the word."""
        try:
            translation = self._context.translate(word.to_bytes(4, "little"), pc)
        except self._bad:
            return None
        # The operations live as long as the translation, which the list keeps alive.
        return _Operations(translation)


class _Operations(list[Any]):
    def __init__(self, translation: Any) -> None:
        super().__init__(translation.ops)
        self.translation = translation
