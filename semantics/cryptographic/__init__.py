"""Data processing -- cryptographic extensions (Arm ARM C4.1)."""

from __future__ import annotations

from armsym.isa import Instruction
from semantics.cryptographic.aes import CryptoAES
from semantics.cryptographic.four_register import CryptoFourRegister
from semantics.cryptographic.three_register_imm2 import CryptoThreeRegisterImm2
from semantics.cryptographic.three_register_sha import CryptoThreeRegisterSHA
from semantics.cryptographic.three_register_sha512 import CryptoThreeRegisterSHA512
from semantics.cryptographic.two_register_sha import CryptoTwoRegisterSHA
from semantics.cryptographic.two_register_sha512 import CryptoTwoRegisterSHA512
from semantics.cryptographic.xar import XAR

#: Every encoding class of the group, in the manual's order.
CLASSES: list[type[Instruction]] = [
    CryptoAES,
    CryptoThreeRegisterSHA,
    CryptoTwoRegisterSHA,
    CryptoThreeRegisterImm2,
    CryptoThreeRegisterSHA512,
    CryptoFourRegister,
    XAR,
    CryptoTwoRegisterSHA512,
]
