"""The exhibits: faults of assembly that has shipped, each with the build that has it, and one where it is mended.

Where a faulty build can be had it is pinned by hash (crypto_examples/wheels.py); for the other kinds there are small
routines of our own (routines.s).  One statement refutes the faulty routine and holds of the mended one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from evidence import Witness, adds_beyond, input_number, leaks_at, loses, reaches_past, wraps, wrong
from single_inputs import encrypts_17_bytes_by_sm4_xts, inverts_powers_of_two
from small_routines import (
    adds_if,
    adds_lanes,
    adds_modulo,
    adds_words,
    counts_in_32_bits,
    gathers,
    halves,
    puts_tag,
    samples,
)

from armsym.dsl import Proof
from armsym.proof.result import Kind
from armsym.wheels import Wheel
from crypto_examples.aes_ctr import ctr32_by_three, ctr32_by_twelve
from crypto_examples.aes_xts import xts_decrypts
from crypto_examples.wheels import AWS_LC, AWS_LC_2023, AWS_LC_2025, OPENSSL_3_1, OPENSSL_3_2, OPENSSL_3_4, OPENSSL_4_0
from specs.sp800_186 import P256

__all__ = ["EXHIBITS", "OWN", "Build", "Exhibit"]

ProofFn = Callable[[Proof], None]

#: What GNU as made of routines.s.
OWN = Path(__file__).with_name("routines.o")

MEMORY = "every access is permitted"
LEAK = "no branch, address or variable-latency operand depends on a secret"


@dataclass(frozen=True)
class Build:
    """A routine of a file, and the statement that it is held against."""

    of: Wheel | Path
    symbol: str
    states: ProofFn

    @property
    def file(self) -> str:
        """The file, for people."""
        if isinstance(self.of, Path):
            return self.of.name
        return f"{self.of.product}, {self.of.package} {self.of.version}"


@dataclass(frozen=True)
class Exhibit:
    """A fault; what refutes the faulty build: the kind of obligation, the claim, and what its counterexample shows."""

    name: str
    #: What goes wrong, and where that is public.
    fault: str
    public: str
    faulty: Build
    fixed: Build
    kind: Kind
    claim: str
    shows: Witness
    #: What the statement is restricted to, if it is not for all inputs.
    only: str = ""


def _shipped(symbol: str, states: ProofFn, faulty: Wheel, fixed: Wheel) -> tuple[Build, Build]:
    return Build(faulty, symbol, states), Build(fixed, symbol, states)


def _own(name: str, states: ProofFn) -> tuple[Build, Build]:
    return Build(OWN, f"{name}_faulty", states), Build(OWN, f"{name}_fixed", states)


EXHIBITS = [
    Exhibit(
        "aes-xts-overread",
        "AES-XTS decryption reads a block past the end of the input where 4 modulo 5 blocks are given",
        "CVE-2023-1255; openssl/openssl#20759",
        # What is false of whole blocks is false of all lengths; runs meet four blocks modulo five sooner so.
        Build(OPENSSL_3_1, "aes_v8_xts_decrypt", partial(xts_decrypts, stealing=False)),
        Build(OPENSSL_4_0, "aes_v8_xts_decrypt", xts_decrypts),
        kind="memory",
        claim=MEMORY,
        shows=reaches_past(
            "load", "in_", place="aes_v8_xts_decrypt+0x594", when=lambda c: input_number(c, "n") % 5 == 4
        ),
    ),
    Exhibit(
        "aes-ctr-loses-d15",
        "twelve-way AES-CTR saves D14 and D15 but restores D15 and D16: its caller loses D15",
        "openssl/openssl#26466",
        *_shipped("aes_v8_ctr32_encrypt_blocks_unroll12_eor3", ctr32_by_twelve, OPENSSL_3_4, OPENSSL_4_0),
        kind="abi",
        claim="d15 is preserved",
        shows=loses("d15"),
    ),
    Exhibit(
        "aes-ctr-zero-blocks",
        "AES-CTR handles two blocks where none is given",
        "aws/aws-lc#1690",
        *_shipped("aes_hw_ctr32_encrypt_blocks", ctr32_by_three, AWS_LC_2023, AWS_LC),
        kind="memory",
        claim=MEMORY,
        shows=reaches_past(
            "load", "in_", place="aes_hw_ctr32_encrypt_blocks+0x220", when=lambda c: input_number(c, "n") == 0
        ),
    ),
    Exhibit(
        "p256-wrong-inverse",
        "a modular inverse is wrong, and success reported, where the low 64 bits of the number are zero",
        "aws/aws-lc#3381",
        *_shipped("beeu_mod_inverse_vartime", inverts_powers_of_two, AWS_LC_2025, AWS_LC),
        kind="ensures",
        claim="inverse[0]",
        shows=wrong(pow(2**64, -1, P256.n) % 2**64, when=lambda c: input_number(c, "exponent") == 64),
        only="powers of 2",
    ),
    *(
        Exhibit(
            name,
            "SM4-XTS of 17 to 31 bytes takes the second tweak of IEEE 1619, not of GB/T 17964: bits not reversed",
            "openssl/openssl#23316",
            *_shipped(symbol, encrypts_17_bytes_by_sm4_xts, OPENSSL_3_2, OPENSSL_4_0),
            kind="ensures",
            claim="ciphertext[0]",
            shows=wrong(0x9E),
            only="one vector",
        )
        for name, symbol in (
            ("sm4-xts-tweak", "vpsm4_xts_encrypt_gb"),
            ("sm4-xts-tweak-ex", "vpsm4_ex_xts_encrypt_gb"),
        )
    ),
    Exhibit(
        "counter-carries-on",
        "a counter of 32 bits is added in lanes of 64, and its carry changes the nonce",
        "class of RustCrypto/stream-ciphers#381",
        *_own("counter_rows", counts_in_32_bits),
        kind="ensures",
        claim="rows[5]",
        shows=wraps("row", 4),
    ),
    Exhibit(
        "carry-lost",
        "the carry of a sum is lost before the modulus is subtracted conditionally",
        "class of cloudflare/bn256#27",
        *_own("add_mod", adds_modulo),
        kind="ensures",
        claim="value",
        shows=adds_beyond(256),
    ),
    Exhibit(
        "v15-as-scratch",
        "a callee-saved vector register serves as scratch",
        "class of openssl/openssl#10470, #23233, RustCrypto/asm-hashes#13",
        *_own("add_lanes", adds_lanes),
        kind="abi",
        claim="d15 is preserved",
        shows=loses("d15"),
    ),
    Exhibit(
        "x29-as-scratch",
        "the frame pointer serves as scratch",
        "class of PQClean/PQClean#431",
        *_own("add_words", adds_words),
        kind="abi",
        claim="x29 is preserved",
        shows=loses("x29"),
    ),
    Exhibit(
        "tag-too-long",
        "16 bytes are written where a shorter tag is asked",
        "class of golang/go#80288",
        *_own("put_tag", puts_tag),
        kind="memory",
        claim=MEMORY,
        shows=reaches_past(
            "store", "tag", place="put_tag_faulty+0x4", when=lambda c: 12 <= input_number(c, "length") < 16
        ),
    ),
    Exhibit(
        "sample-past-the-end",
        "rejection sampling does not look again, and writes a second candidate past the end of the output",
        "class of pq-code-package/mlkem-native#182 (review)",
        *_own("sample", samples),
        kind="memory",
        claim=MEMORY,
        shows=reaches_past("store", "out", place="sample_faulty+0x58", when=lambda c: input_number(c, "length") > 0),
    ),
    Exhibit(
        "branch-on-a-secret",
        "an addition is skipped where a secret bit is 0",
        "class of openssl/openssl#31133",
        *_own("add_if", adds_if),
        kind="constant-time",
        claim=LEAK,
        shows=leaks_at("branch condition", "add_if_faulty+0x4", {"bit", "r", "a", "b"}),
    ),
    Exhibit(
        "secret-halvings",
        "how often a loop halves depends on the secret",
        "class of CVE-2025-9231",
        *_own("halve", halves),
        kind="constant-time",
        claim=LEAK,
        shows=leaks_at("branch condition", "halve_faulty+0x8", {"u"}),
    ),
    Exhibit(
        "secret-address",
        "an entry of a table is loaded from an address that the secret index gives",
        "class of kmackay/micro-ecc#165",
        *_own("gather", gathers),
        kind="constant-time",
        claim=LEAK,
        shows=leaks_at("load address", "gather_faulty+0x4", {"index", "table"}),
    ),
]
