"""What the classes of this group share about addresses."""

from __future__ import annotations

from armsym.bits import Bits
from armsym.errors import AlignmentFault
from armsym.machine import Machine

__all__ = ["base_address", "check_alignment", "sint"]


def sint(field: int, width: int) -> int:
    """The manual's SInt() of an encoding field of `width` bits."""
    return field - ((field >> (width - 1)) << width)


def base_address(m: Machine, n: int) -> Bits:
    """The base register X[n, 64], or SP with CheckSPAlignment() when `n` is 31; raises `AlignmentFault`."""
    if n == 31:
        m.check_sp_alignment()
        return m.sp
    return m.x[n]


def check_alignment(address: Bits, size: int) -> None:
    """Raise `AlignmentFault` unless `address` is certainly a multiple of `size`, a power of two of bytes.

    Required of ordered accesses.  FEAT_LSE2 lets some cores do them misaligned; code that needs
    it is not portable, so it is refused.  Low bits that are not known count as misaligned.
    """
    if size == 1:
        return
    low = address[size.bit_length() - 2 : 0]
    if not low.is_concrete or low.uint:
        raise AlignmentFault(f"ordered access of {size} bytes while the address's low bits are {low.value}, not 0")
