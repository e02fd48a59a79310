"""SHA-1, SHA-2, AES, GHASH and ChaCha20 of BoringSSL.

What AWS-LC has of the same origin, with the same names, is proved by its proofs as they stand.
"""

from __future__ import annotations

from armsym.dsl import Proof, proof
from crypto_examples.aes_ctr import ctr32_by_three
from crypto_examples.again import again
from crypto_examples.aws_lc import aes, aes_modes, chacha20, gcm, sha1, sha2, vpaes
from crypto_examples.gcm import ghash, gmult, init
from crypto_examples.wheels import BORINGSSL

again(
    BORINGSSL,
    [
        sha1.sha1_block_data_order_hw,
        sha1.sha1_block_data_order_nohw,
        sha2.sha256_block_data_order_hw,
        sha2.sha256_block_data_order_nohw,
        sha2.sha512_block_data_order_hw,
        sha2.sha512_block_data_order_nohw,
        aes.aes_hw_set_encrypt_key,
        aes.aes_hw_set_decrypt_key,
        aes.aes_hw_encrypt,
        aes.aes_hw_encrypt_in_place,
        aes.aes_hw_decrypt,
        aes.aes_hw_decrypt_in_place,
        aes_modes.aes_hw_cbc_encrypt,
        aes_modes.aes_hw_cbc_encrypt_in_place,
        aes_modes.aes_hw_cbc_decrypt,
        aes_modes.aes_hw_cbc_decrypt_in_place,
        vpaes.vpaes_set_encrypt_key,
        vpaes.vpaes_set_decrypt_key,
        vpaes.vpaes_encrypt,
        vpaes.vpaes_encrypt_in_place,
        vpaes.vpaes_decrypt,
        vpaes.vpaes_decrypt_in_place,
        chacha20.ChaCha20_ctr32_nohw,
        chacha20.ChaCha20_ctr32_nohw_in_place,
        chacha20.ChaCha20_ctr32_neon,
        chacha20.ChaCha20_ctr32_neon_in_place,
        chacha20.ChaCha20_512_neon,
        chacha20.ChaCha20_512_neon_in_place,
        gcm.gcm_init_neon,
        gcm.gcm_gmult_neon,
        gcm.gcm_ghash_neon,
    ],
)


@proof("aes_hw_ctr32_encrypt_blocks", of=BORINGSSL)
def aes_hw_ctr32_encrypt_blocks(p: Proof) -> None:
    """For one block and more: for none the code does two, but its callers see to that."""
    ctr32_by_three(p, low=1)


@proof("aes_hw_ctr32_encrypt_blocks", of=BORINGSSL)
def aes_hw_ctr32_encrypt_blocks_in_place(p: Proof) -> None:
    """For one block and more: for none the code does two, but its callers see to that."""
    ctr32_by_three(p, low=1, in_place=True)


@proof("gcm_init_v8", of=BORINGSSL)
def gcm_init_v8(p: Proof) -> None:
    init(p, count=4)


@proof("gcm_gmult_v8", of=BORINGSSL)
def gcm_gmult_v8(p: Proof) -> None:
    gmult(p)


@proof("gcm_ghash_v8", of=BORINGSSL)
def gcm_ghash_v8(p: Proof) -> None:
    ghash(p, 1)


@proof("gcm_ghash_v8_4x", of=BORINGSSL)
def gcm_ghash_v8_4x(p: Proof) -> None:
    ghash(p, 4)
