"""Registers and memory on the command line of `armsym run` and `armsym simulate`.

63 register options would bury the help text, so FILE, the place and they are read here from what is left over.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from armsym.errors import InputError
from armsym.proof.plain import NAME, Content

__all__ = ["CONTEXT", "Words", "is_register", "number", "read_words", "region"]

#: What typer has to be told of a command whose registers are read by `read_words`.
CONTEXT = {"ignore_unknown_options": True}
#: The bytes that a region may have.
MAX_REGION = 1 << 28


@dataclass(frozen=True)
class Words:
    """FILE, the place to begin at, and the text of each register's value, in the order given."""

    file: str
    place: str
    registers: dict[str, str]


def is_register(name: str) -> bool:
    """Whether a name is x0 to x30 or v0 to v31."""
    digits = name[1:]
    return (
        name[:1] in ("x", "v")
        and digits.isascii()
        and digits.isdigit()
        and int(digits) <= (30 if name[0] == "x" else 31)
        and (digits == "0" or digits[0] != "0")
    )


def read_words(command: str, words: Sequence[str]) -> Words:
    """Read FILE, SYMBOL, and `--xN VALUE` or `--xN=VALUE`; raises `InputError`."""
    plain: list[str] = []
    registers: dict[str, str] = {}
    rest = iter(words)
    for word in rest:
        if not word.startswith("--"):
            plain.append(word)
            continue
        name, mark, value = word[2:].partition("=")
        if not is_register(name):
            raise InputError(f"{command}: there is no option --{name}: registers are --x0 to --x30 and --v0 to --v31")
        if name in registers:
            raise InputError(f"{command}: --{name} is given twice")
        value = value if mark else next(rest, "")
        if not value:
            raise InputError(f"{command}: --{name} needs a value")
        registers[name] = value
    if len(plain) != 2:
        given = f": {' '.join(plain)}" if plain else ""
        raise InputError(f"{command}: takes FILE and SYMBOL, got {len(plain)} arguments{given}")
    return Words(plain[0], plain[1], registers)


def number(text: str, width: int, option: str, *, base: int = 0) -> int:
    """The number that an option is given, modulo 2**width; it fits as an unsigned or a signed one."""
    try:
        value = int(text, base)
    except ValueError:
        kind = "hexadecimal" if base == 16 else "decimal or 0x"
        raise InputError(f"{option}: {text!r} is not a {kind} number") from None
    if not -(1 << width - 1) <= value < 1 << width:
        raise InputError(f"{option}: {text} does not fit {width} bits")
    return value & ((1 << width) - 1)


def region(text: str) -> tuple[str, Content]:
    """The name and the content that a text of `--mem` gives; raises `InputError`."""
    name, mark, value = text.partition("=")
    name, limited, access = name.partition(":")
    if not mark or not NAME.fullmatch(name):
        raise InputError(f"--mem {text!r} is not NAME=SIZE, NAME=@FILE or NAME=hex:DIGITS")
    if limited and access not in ("r", "w", "rw"):
        raise InputError(f"--mem {name}: its access is r, w or rw, not {access!r}")
    option = f"--mem {name}"
    if value.startswith("@"):
        try:
            with open(value[1:], "rb") as f:
                content = f.read(MAX_REGION + 1)
        except (OSError, ValueError) as e:
            raise InputError(f"{option}: {value[1:]} cannot be read: {getattr(e, 'strerror', None) or e}") from None
    elif value.startswith("hex:"):
        try:
            content = bytes.fromhex(value[4:])
        except ValueError:
            raise InputError(f"{option}: {value[4:][:40]!r} is not an even number of hexadecimal digits") from None
    else:
        content = bytes(min(number(value, 64, option), MAX_REGION + 1))
    if not 0 < len(content) <= MAX_REGION:
        raise InputError(f"{option}: a region has 1 to {MAX_REGION} bytes")
    return name, Content(content, access or "rw")
