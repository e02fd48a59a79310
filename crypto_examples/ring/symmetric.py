"""SHA-2, AES, GHASH and ChaCha20 of ring, whose global symbols begin with its name and version.

What AWS-LC has of the same origin is proved by its proofs as they stand.  ring has no AES keys of 192 bits.
"""

from __future__ import annotations

from armsym.dsl import Proof, proof
from crypto_examples.aes import sets_encrypt_key
from crypto_examples.aes_ctr import ctr32_by_three
from crypto_examples.again import again
from crypto_examples.aws_lc import chacha20, sha2
from crypto_examples.chacha20 import rows
from crypto_examples.gcm import gmult, init
from crypto_examples.ring.names import PREFIX
from crypto_examples.wheels import RING

again(
    RING,
    [
        sha2.sha256_block_data_order_hw,
        sha2.sha256_block_data_order_nohw,
        sha2.sha512_block_data_order_hw,
        sha2.sha512_block_data_order_nohw,
        chacha20.ChaCha20_ctr32_nohw,
        chacha20.ChaCha20_ctr32_nohw_in_place,
    ],
    prefix=PREFIX,
)


@proof(f"{PREFIX}ChaCha20_ctr32_neon", of=RING)
def ChaCha20_ctr32_neon(p: Proof) -> None:
    rows(p, prefix=PREFIX)


@proof(f"{PREFIX}ChaCha20_ctr32_neon", of=RING)
def ChaCha20_ctr32_neon_in_place(p: Proof) -> None:
    rows(p, in_place=True, prefix=PREFIX)


@proof("ChaCha20_512_neon", of=RING)
def ChaCha20_512_neon(p: Proof) -> None:
    """For 512 bytes and more; its callers see to that."""
    rows(p, low=512, prefix=PREFIX)


@proof("ChaCha20_512_neon", of=RING)
def ChaCha20_512_neon_in_place(p: Proof) -> None:
    """For 512 bytes and more; its callers see to that."""
    rows(p, low=512, in_place=True, prefix=PREFIX)


@proof(f"{PREFIX}aes_hw_set_encrypt_key", of=RING)
def aes_hw_set_encrypt_key(p: Proof) -> None:
    sets_encrypt_key(p, middle=False)


@proof(f"{PREFIX}aes_hw_ctr32_encrypt_blocks", of=RING)
def aes_hw_ctr32_encrypt_blocks(p: Proof) -> None:
    """For one block and more: for none the code does two, but its type in Rust excludes that."""
    ctr32_by_three(p, low=1)


@proof(f"{PREFIX}aes_hw_ctr32_encrypt_blocks", of=RING)
def aes_hw_ctr32_encrypt_blocks_in_place(p: Proof) -> None:
    """For one block and more: for none the code does two, but its type in Rust excludes that."""
    ctr32_by_three(p, low=1, in_place=True)


@proof(f"{PREFIX}gcm_init_clmul", of=RING)
def gcm_init_clmul(p: Proof) -> None:
    init(p, count=4)


@proof(f"{PREFIX}gcm_gmult_clmul", of=RING)
def gcm_gmult_clmul(p: Proof) -> None:
    gmult(p)
