"""Where Ghidra's P-code (pypcode 3.3.3) departs from the Arm manual: every exception the comparison grants."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["EXCEPTIONS", "HARMLESS", "UNDECIDED", "Pattern", "PcodeException"]


@dataclass(frozen=True)
class Pattern:
    """Words with word & mask == value; `example` is one on which P-code is wrong."""

    mask: int
    value: int
    example: int

    def covers(self, word: int) -> bool:
        """Whether the word is one of these."""
        return word & self.mask == self.value


@dataclass(frozen=True)
class PcodeException:
    """Words on which P-code is wrong, and how.  Unicorn must agree with us on each word that is excused."""

    name: str
    reason: str
    patterns: tuple[Pattern, ...]

    def covers(self, word: int) -> bool:
        """Whether a difference on this word is the declared one."""
        return any(p.covers(word) for p in self.patterns)


#: User-defined operations of Ghidra's A64 that change neither registers nor memory.
HARMLESS = frozenset(
    {
        "DataMemoryBarrier",
        "DataSynchronizationBarrier",
        "Hint_Prefetch",
        "InstructionSynchronizationBarrier",
        "LOAcquire",
        "LORelease",
    }
)

_UPPER_X = "P-code keeps the upper half of the X register, which the manual sets to zero"
_UPPER_V = "P-code keeps the upper half of the V register, which the manual sets to zero"

#: All exceptions, tried in this order.
EXCEPTIONS: tuple[PcodeException, ...] = (
    PcodeException(
        "MSR NZCV",
        "P-code writes a register called nzcv that no other instruction looks at, and leaves the flags alone",
        (Pattern(0xFFFFFFE0, 0xD51B4200, 0xD51B4211),),
    ),
    PcodeException(
        "SBCS to WZR",
        "P-code takes N and Z from a temporary that it sets to zero, not from the difference",
        (Pattern(0xFFE0FC1F, 0x7A00001F, 0x7A1E03FF),),
    ),
    PcodeException(
        "LD1 to LD4 (multiple structures) of 64-bit registers",
        _UPPER_V,
        (
            Pattern(0xFFFF0000, 0x0C400000, 0x0C408A73),
            Pattern(0xFFE00000, 0x0CC00000, 0x0CDF7FCF),
        ),
    ),
    PcodeException(
        "LD1R to LD4R of 64-bit registers",
        _UPPER_V,
        (
            Pattern(0xFFDFC000, 0x0D40C000, 0x0D40C7E8),
            Pattern(0xFFC0C000, 0x0DC0C000, 0x0DCCC193),
        ),
    ),
    PcodeException(
        "STLRB, STLRH",
        "P-code stores all four bytes of the W register",
        (Pattern(0xFFFFFC00, 0x089FFC00, 0x089FFDEF), Pattern(0xFFFFFC00, 0x489FFC00, 0x489FFFEC)),
    ),
    PcodeException(
        "LDAR, LDLAR, LDLARB, LDLARH into W",
        _UPPER_X,
        (
            Pattern(0xFFFFFC00, 0x88DFFC00, 0x88DFFFED),
            Pattern(0xFFFFFC00, 0x88DF7C00, 0x88DF7C41),
            Pattern(0xFFFFFC00, 0x08DF7C00, 0x08DF7D9E),
            Pattern(0xFFFFFC00, 0x48DF7C00, 0x48DF7C41),
        ),
    ),
    PcodeException(
        "LDAPR, LDAPRB, LDAPRH into W",
        _UPPER_X,
        (
            Pattern(0xFFFFFC00, 0xB8BFC000, 0xB8BFC0C6),
            Pattern(0xFFFFFC00, 0x38BFC000, 0x38BFC3EB),
            Pattern(0xFFFFFC00, 0x78BFC000, 0x78BFC2C7),
        ),
    ),
    PcodeException(
        "LDPSW",
        "P-code does not extend the sign of the second word",
        (
            Pattern(0xFFC00000, 0x68C00000, 0x68F2E7DF),
            Pattern(0xFFC00000, 0x69400000, 0x6964C7FA),
            Pattern(0xFFC00000, 0x69C00000, 0x69FCEF10),
        ),
    ),
    PcodeException(
        "LDRSB, LDRSH, LDURSB, LDURSH, LDTRSB, LDTRSH into W",
        "P-code extends the sign through the upper half of X (or not at all), which the manual sets to zero",
        (
            Pattern(0xBFE00000, 0x38C00000, 0x38CAB0F4),
            Pattern(0xBFE00C00, 0x38E00800, 0x38E7EAAB),
            Pattern(0xBFC00000, 0x39C00000, 0x79DDD113),
        ),
    ),
    PcodeException(
        "SQNEG",
        "P-code does not saturate",
        (Pattern(0xFF3FFC00, 0x7E207800, 0x7EA07BF3), Pattern(0xBF3FFC00, 0x2E207800, 0x2E20787F)),
    ),
    PcodeException(
        "SUQADD",
        "P-code does not saturate",
        (Pattern(0xFF3FFC00, 0x5E203800, 0x5E6038A9), Pattern(0xBF3FFC00, 0x0E203800, 0x4EA0393F)),
    ),
    PcodeException(
        "SQDMULL, SQDMLAL, SQDMLSL",
        "P-code does not saturate",
        (
            Pattern(0xFF20FC00, 0x5E209000, 0x5E679142),
            Pattern(0xFF20FC00, 0x5E20B000, 0x5E7EB2FE),
            Pattern(0xFF20FC00, 0x5E20D000, 0x5E7BD39E),
            Pattern(0xBF20FC00, 0x0E209000, 0x4E689131),
            Pattern(0xBF20FC00, 0x0E20B000, 0x4E7FB2A3),
            Pattern(0xBF20FC00, 0x0E20D000, 0x4E6DD322),
        ),
    ),
    PcodeException(
        "SQDMULL, SQDMLAL, SQDMLSL by element",
        "P-code does not saturate",
        (
            Pattern(0xFF00F400, 0x5F003000, 0x5F4030A2),
            Pattern(0xFF00F400, 0x5F007000, 0x5F4070A2),
            Pattern(0xFF00F400, 0x5F00B000, 0x5F40B0A2),
            Pattern(0xBF00F400, 0x0F003000, 0x4F513962),
            Pattern(0xBF00F400, 0x0F007000, 0x0F7571C2),
            Pattern(0xBF00F400, 0x0F00B000, 0x0F40B0A2),
        ),
    ),
    PcodeException(
        "SQDMULH by element",
        "P-code does not saturate: -1 times -1 is -1",
        (Pattern(0xFF00F400, 0x5F00C000, 0x5F53C3D0), Pattern(0xBF00F400, 0x0F00C000, 0x4F53C3D0)),
    ),
    PcodeException(
        "SQRDMULH by element",
        "P-code does not round: its results are one too small",
        (Pattern(0xFF00F400, 0x5F00D000, 0x5F44D066), Pattern(0xBF00F400, 0x0F00D000, 0x4F7DD0FF)),
    ),
    PcodeException(
        "SRSRA, URSRA",
        "P-code does not round",
        (
            Pattern(0xFF80FC00, 0x5F003400, 0x5F403422),
            Pattern(0xFF80FC00, 0x7F003400, 0x7F403422),
            Pattern(0xBF80FC00, 0x0F003400, 0x0F083765),
            Pattern(0xBF80FC00, 0x2F003400, 0x6F243578),
        ),
    ),
    PcodeException(
        "ADDV of bytes",
        "P-code keeps the bits above the sum, which the manual sets to zero",
        (Pattern(0xBFFFFC00, 0x0E31B800, 0x0E31BA52),),
    ),
    PcodeException(
        "SABD of four words",
        "P-code's third lane is not the distance of its operands",
        (Pattern(0xFFE0FC00, 0x4EA07400, 0x4EB97421),),
    ),
    PcodeException(
        "BIT, BIF of 64-bit registers",
        _UPPER_V,
        (Pattern(0xFFE0FC00, 0x2EA01C00, 0x2EAF1E73), Pattern(0xFFE0FC00, 0x2EE01C00, 0x2EFF1FF4)),
    ),
    PcodeException(
        "SHA1H",
        "P-code shifts where the manual rotates",
        (Pattern(0xFFFFFC00, 0x5E280800, 0x5E280A40),),
    ),
    PcodeException(
        "RAX1",
        "P-code loses the bit that the rotation carries around",
        (Pattern(0xFFE0FC00, 0xCE608C00, 0xCE6C8E1D),),
    ),
    PcodeException(
        "EOR3",
        "P-code computes another function than Vn EOR Vm EOR Va",
        (Pattern(0xFFE08000, 0xCE000000, 0xCE0D0EBF),),
    ),
    PcodeException(
        "BCAX",
        "P-code computes another function than Vn EOR (Vm AND NOT Va)",
        (Pattern(0xFFE08000, 0xCE200000, 0xCE2C4DBF),),
    ),
    PcodeException(
        "XAR",
        "P-code does not rotate each 64-bit half of Vn EOR Vm by itself",
        (Pattern(0xFFE00000, 0xCE800000, 0xCE95EABE),),
    ),
)

#: Words on which Z3 gives up, and why.  Any other word that it does not decide fails the comparison.
UNDECIDED: tuple[PcodeException, ...] = (
    PcodeException(
        "SDIV",
        "P-code divides by absolute values: two dividers of unknowns, which Z3 does not compare",
        (Pattern(0x7FE0FC00, 0x1AC00C00, 0x1ACE0D1B),),
    ),
)
