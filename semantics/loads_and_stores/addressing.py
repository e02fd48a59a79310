"""What the classes of this group share about addresses."""

from __future__ import annotations

from armsym.bits import Bits
from armsym.errors import AlignmentFault
from armsym.machine import Machine

__all__ = ["SMALL_OFFSETS", "base_address", "check_alignment", "sint"]

#: 0 to 63 as 64-bit vectors, for the steps inside one access: adding these is faster than adding an int.
SMALL_OFFSETS = tuple(Bits(64, n) for n in range(64))


def sint(field: int, width: int) -> int:
    """The manual's SInt() of an encoding field of `width` bits."""
    return field - ((field >> (width - 1)) << width)


def base_address(m: Machine, n: int) -> Bits:
    """The base register X[n, 64], or SP with CheckSPAlignment() when `n` is 31; raises `AlignmentFault`."""
    if n == 31:
        m.check_sp_alignment()
    return m.read_x(n, sp=True)


def check_alignment(address: Bits, size: int) -> None:
    """Raise `AlignmentFault` unless `address` is certainly a multiple of `size`, a power of two of bytes.

    Required of ordered accesses.  FEAT_LSE2 lets some cores do them misaligned; code that needs
    it is not portable, so it is refused.  Low bits that are not known count as misaligned.
    """
    if size == 1:
        return
    low = address[size.bit_length() - 2 : 0]
    if not low.is_concrete or low.uint:
        raise AlignmentFault(f"ordered access of {size} bytes while its address ends in {low.value}, not 0")
