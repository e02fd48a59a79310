"""Where Capstone 5.0.9 departs from the Arm manual: every exception the decode comparison grants."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

__all__ = ["EXCEPTIONS", "DeclaredException"]


@dataclass(frozen=True)
class DeclaredException:
    """A difference that is Capstone's.

    `applies(word, ours, theirs)` gets the normalised texts, None for a rejected word.
    """

    name: str
    reason: str
    applies: Callable[[int, str | None, str | None], bool]

    def excuses(self, word: int, ours: str | None, theirs: str | None) -> bool:
        """Whether this difference is the declared one."""
        return self.applies(word, ours, theirs)


def _orr_printed_as_mov(word: int, ours: str | None, theirs: str | None) -> bool:
    # ORR Rd, ZR, #imm; Capstone also prints the 32-bit immediate as a signed number.
    if word & 0x7F8003E0 != 0x320003E0 or ours is None or theirs is None:
        return False
    orr = re.fullmatch(r"orr (\w+), [wx]zr, #(-?\d+)", ours)
    mov = re.fullmatch(r"mov (\w+), #(-?\d+)", theirs)
    if not orr or not mov or orr[1] != mov[1]:
        return False
    return (int(orr[2]) - int(mov[2])) % (1 << (64 if word >> 31 else 32)) == 0


def _bfxil_printed_as_bfc(word: int, ours: str | None, theirs: str | None) -> bool:
    # BFM with Rn = 31 and immr = 0
    if word & 0x7FBF03E0 != 0x330003E0 or ours is None or theirs is None:
        return False
    return re.sub(r"^bfxil (\w+), [wx]zr, ", r"bfc \1, ", ours) == theirs


def _dsb_printed_as_dfb(word: int, ours: str | None, theirs: str | None) -> bool:
    return word == 0xD5033C9F and ours == "dsb #12" and theirs == "dfb"


def _unprivileged_into_base(word: int, ours: str | None, theirs: str | None) -> bool:
    # LDTR, LDTRB, LDTRH, LDTRSB, LDTRSH, LDTRSW with Rt = Rn
    return (
        word & 0x3F200C00 == 0x38000800
        and word >> 22 & 3 != 0
        and word >> 5 & 31 == word & 31 != 31
        and ours is not None
        and ours.startswith("ldtr")
        and theirs is None
    )


def _multiply_high_ra(word: int, ours: str | None, theirs: str | None) -> bool:
    return (
        word & 0xFF608000 == 0x9B400000
        and word >> 10 & 31 != 31
        and ours is None
        and theirs is not None
        and theirs.startswith(("smulh ", "umulh "))
    )


#: All exceptions, tried in this order.
EXCEPTIONS: tuple[DeclaredException, ...] = (
    DeclaredException(
        "SMULH, UMULH with Ra other than 31",
        "the manual writes bits 14:10 as (1): anything else is CONSTRAINED UNPREDICTABLE, and we refuse it",
        _multiply_high_ra,
    ),
    DeclaredException(
        "LDTR into its own base",
        "Capstone takes the unprivileged loads for a writeback form; the manual's have no writeback "
        "and no CONSTRAINED UNPREDICTABLE case",
        _unprivileged_into_base,
    ),
    DeclaredException(
        "ORR from ZR printed as MOV",
        "MOV (bitmask immediate) is the preferred disassembly only when MoveWidePreferred() is false",
        _orr_printed_as_mov,
    ),
    DeclaredException(
        "BFXIL from ZR printed as BFC",
        "BFC is the preferred disassembly only when imms < immr, which immr = 0 rules out",
        _bfxil_printed_as_bfc,
    ),
    DeclaredException(
        "DSB #12 printed as DFB",
        "DFB belongs to the Armv8-R profile; in Armv8-A CRm = 1100 is a DSB option without a name",
        _dsb_printed_as_dfb,
    ),
)
