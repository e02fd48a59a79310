"""SM4 of OpenSSL 4.0.3 without the SM4 extension: the S-box is made from that of AES (`ex`), or looked up."""

from __future__ import annotations

from armsym.dsl import Proof, proof
from crypto_examples.sm4 import ONE_BLOCK_LOOKED_UP, decrypts, encrypts, sets_decrypt_key, sets_encrypt_key
from crypto_examples.sm4_cores import FROM_AES, LOOKED_UP, enc_blocks
from crypto_examples.sm4_modes import ctr32_by_cores, ecb_by_cores
from crypto_examples.vpsm4_modes import cbc_decrypts, cbc_encrypts
from crypto_examples.vpsm4_xts import xts
from crypto_examples.wheels import OPENSSL_4_0

#: Where the loop over the rounds of one block begins.
ROUNDS = 0x44


def _new_key(p: Proof, symbol: str, offset: int) -> int:
    return p.image.symbol(symbol).offset + offset


@proof("vpsm4_ex_set_encrypt_key", of=OPENSSL_4_0)
def vpsm4_ex_set_encrypt_key(p: Proof) -> None:
    sets_encrypt_key(p, round_at=_new_key(p, "_vpsm4_ex_set_key", 0xC4))


@proof("vpsm4_ex_set_decrypt_key", of=OPENSSL_4_0)
def vpsm4_ex_set_decrypt_key(p: Proof) -> None:
    sets_decrypt_key(p, round_at=_new_key(p, "_vpsm4_ex_set_key", 0xC4))


@proof("vpsm4_ex_encrypt", of=OPENSSL_4_0)
def vpsm4_ex_encrypt(p: Proof) -> None:
    encrypts(p, rounds=ROUNDS)


@proof("vpsm4_ex_encrypt", of=OPENSSL_4_0)
def vpsm4_ex_encrypt_in_place(p: Proof) -> None:
    encrypts(p, rounds=ROUNDS, in_place=True)


@proof("vpsm4_ex_decrypt", of=OPENSSL_4_0)
def vpsm4_ex_decrypt(p: Proof) -> None:
    decrypts(p, rounds=ROUNDS)


@proof("vpsm4_ex_decrypt", of=OPENSSL_4_0)
def vpsm4_ex_decrypt_in_place(p: Proof) -> None:
    decrypts(p, rounds=ROUNDS, in_place=True)


@proof("_vpsm4_ex_enc_4blks", of=OPENSSL_4_0)
def _vpsm4_ex_enc_4blks(p: Proof) -> None:
    enc_blocks(p, 4, FROM_AES)


@proof("_vpsm4_ex_enc_8blks", of=OPENSSL_4_0)
def _vpsm4_ex_enc_8blks(p: Proof) -> None:
    enc_blocks(p, 8, FROM_AES)


@proof("vpsm4_ex_ecb_encrypt", of=OPENSSL_4_0)
def vpsm4_ex_ecb_encrypt(p: Proof) -> None:
    ecb_by_cores(p, rounds=0xD4)
    p.uses(_vpsm4_ex_enc_4blks, _vpsm4_ex_enc_8blks)


@proof("vpsm4_ex_ecb_encrypt", of=OPENSSL_4_0)
def vpsm4_ex_ecb_encrypt_in_place(p: Proof) -> None:
    ecb_by_cores(p, rounds=0xD4, in_place=True)
    p.uses(_vpsm4_ex_enc_4blks, _vpsm4_ex_enc_8blks)


@proof("vpsm4_ex_ctr32_encrypt_blocks", of=OPENSSL_4_0)
def vpsm4_ex_ctr32_encrypt_blocks(p: Proof) -> None:
    ctr32_by_cores(p, head=0x210, rounds=(0x48, 0x314))
    p.uses(_vpsm4_ex_enc_4blks, _vpsm4_ex_enc_8blks)


@proof("vpsm4_ex_ctr32_encrypt_blocks", of=OPENSSL_4_0)
def vpsm4_ex_ctr32_encrypt_blocks_in_place(p: Proof) -> None:
    ctr32_by_cores(p, head=0x210, rounds=(0x48, 0x314), in_place=True)
    p.uses(_vpsm4_ex_enc_4blks, _vpsm4_ex_enc_8blks)


@proof("vpsm4_ex_cbc_encrypt", of=OPENSSL_4_0)
def vpsm4_ex_cbc_encrypt(p: Proof) -> None:
    cbc_encrypts(p, FROM_AES)


@proof("vpsm4_ex_cbc_encrypt", of=OPENSSL_4_0)
def vpsm4_ex_cbc_encrypt_in_place(p: Proof) -> None:
    cbc_encrypts(p, FROM_AES, in_place=True)


@proof("vpsm4_ex_cbc_encrypt", of=OPENSSL_4_0)
def vpsm4_ex_cbc_decrypt(p: Proof) -> None:
    cbc_decrypts(p, FROM_AES)
    p.uses(_vpsm4_ex_enc_4blks, _vpsm4_ex_enc_8blks)


@proof("vpsm4_ex_cbc_encrypt", of=OPENSSL_4_0)
def vpsm4_ex_cbc_decrypt_in_place(p: Proof) -> None:
    cbc_decrypts(p, FROM_AES, in_place=True)
    p.uses(_vpsm4_ex_enc_4blks, _vpsm4_ex_enc_8blks)


@proof("vpsm4_ex_xts_encrypt", of=OPENSSL_4_0)
def vpsm4_ex_xts_encrypt(p: Proof) -> None:
    xts(p, FROM_AES, encrypt=True)
    p.uses(_vpsm4_ex_enc_4blks, _vpsm4_ex_enc_8blks)


@proof("vpsm4_ex_xts_encrypt", of=OPENSSL_4_0)
def vpsm4_ex_xts_encrypt_in_place(p: Proof) -> None:
    xts(p, FROM_AES, encrypt=True, in_place=True)
    p.uses(_vpsm4_ex_enc_4blks, _vpsm4_ex_enc_8blks)


@proof("vpsm4_ex_xts_encrypt", of=OPENSSL_4_0)
def vpsm4_ex_xts_decrypt(p: Proof) -> None:
    xts(p, FROM_AES, encrypt=False)
    p.uses(_vpsm4_ex_enc_4blks, _vpsm4_ex_enc_8blks)


@proof("vpsm4_ex_xts_encrypt", of=OPENSSL_4_0)
def vpsm4_ex_xts_decrypt_in_place(p: Proof) -> None:
    xts(p, FROM_AES, encrypt=False, in_place=True)
    p.uses(_vpsm4_ex_enc_4blks, _vpsm4_ex_enc_8blks)


@proof("vpsm4_ex_xts_encrypt_gb", of=OPENSSL_4_0)
def vpsm4_ex_xts_encrypt_gb(p: Proof) -> None:
    xts(p, FROM_AES, encrypt=True, reflected=True)
    p.uses(_vpsm4_ex_enc_4blks, _vpsm4_ex_enc_8blks)


@proof("vpsm4_ex_xts_encrypt_gb", of=OPENSSL_4_0)
def vpsm4_ex_xts_encrypt_gb_in_place(p: Proof) -> None:
    xts(p, FROM_AES, encrypt=True, reflected=True, in_place=True)
    p.uses(_vpsm4_ex_enc_4blks, _vpsm4_ex_enc_8blks)


@proof("vpsm4_ex_xts_encrypt_gb", of=OPENSSL_4_0)
def vpsm4_ex_xts_decrypt_gb(p: Proof) -> None:
    xts(p, FROM_AES, encrypt=False, reflected=True)
    p.uses(_vpsm4_ex_enc_4blks, _vpsm4_ex_enc_8blks)


@proof("vpsm4_ex_xts_encrypt_gb", of=OPENSSL_4_0)
def vpsm4_ex_xts_decrypt_gb_in_place(p: Proof) -> None:
    xts(p, FROM_AES, encrypt=False, reflected=True, in_place=True)
    p.uses(_vpsm4_ex_enc_4blks, _vpsm4_ex_enc_8blks)


# -- the S-box looked up ---------------------------------------------------------------------------


@proof("vpsm4_set_encrypt_key", of=OPENSSL_4_0)
def vpsm4_set_encrypt_key(p: Proof) -> None:
    sets_encrypt_key(p, round_at=_new_key(p, "_vpsm4_set_key", 0xA4))


@proof("vpsm4_set_decrypt_key", of=OPENSSL_4_0)
def vpsm4_set_decrypt_key(p: Proof) -> None:
    sets_decrypt_key(p, round_at=_new_key(p, "_vpsm4_set_key", 0xA4))


@proof("vpsm4_encrypt", of=OPENSSL_4_0)
def vpsm4_encrypt(p: Proof) -> None:
    encrypts(p, rounds=0x3C, ends=ONE_BLOCK_LOOKED_UP)


@proof("vpsm4_encrypt", of=OPENSSL_4_0)
def vpsm4_encrypt_in_place(p: Proof) -> None:
    encrypts(p, rounds=0x3C, ends=ONE_BLOCK_LOOKED_UP, in_place=True)


@proof("vpsm4_decrypt", of=OPENSSL_4_0)
def vpsm4_decrypt(p: Proof) -> None:
    decrypts(p, rounds=0x3C, ends=ONE_BLOCK_LOOKED_UP)


@proof("vpsm4_decrypt", of=OPENSSL_4_0)
def vpsm4_decrypt_in_place(p: Proof) -> None:
    decrypts(p, rounds=0x3C, ends=ONE_BLOCK_LOOKED_UP, in_place=True)


@proof("_vpsm4_enc_4blks", of=OPENSSL_4_0)
def _vpsm4_enc_4blks(p: Proof) -> None:
    enc_blocks(p, 4, LOOKED_UP)


@proof("_vpsm4_enc_8blks", of=OPENSSL_4_0)
def _vpsm4_enc_8blks(p: Proof) -> None:
    enc_blocks(p, 8, LOOKED_UP)


@proof("vpsm4_ecb_encrypt", of=OPENSSL_4_0)
def vpsm4_ecb_encrypt(p: Proof) -> None:
    ecb_by_cores(p, rounds=0xCC, ends=ONE_BLOCK_LOOKED_UP)
    p.uses(_vpsm4_enc_4blks, _vpsm4_enc_8blks)


@proof("vpsm4_ecb_encrypt", of=OPENSSL_4_0)
def vpsm4_ecb_encrypt_in_place(p: Proof) -> None:
    ecb_by_cores(p, rounds=0xCC, ends=ONE_BLOCK_LOOKED_UP, in_place=True)
    p.uses(_vpsm4_enc_4blks, _vpsm4_enc_8blks)


@proof("vpsm4_ctr32_encrypt_blocks", of=OPENSSL_4_0)
def vpsm4_ctr32_encrypt_blocks(p: Proof) -> None:
    ctr32_by_cores(p, head=0x238, rounds=(0x40, 0x33C), ends=ONE_BLOCK_LOOKED_UP)
    p.uses(_vpsm4_enc_4blks, _vpsm4_enc_8blks)


@proof("vpsm4_ctr32_encrypt_blocks", of=OPENSSL_4_0)
def vpsm4_ctr32_encrypt_blocks_in_place(p: Proof) -> None:
    ctr32_by_cores(p, head=0x238, rounds=(0x40, 0x33C), ends=ONE_BLOCK_LOOKED_UP, in_place=True)
    p.uses(_vpsm4_enc_4blks, _vpsm4_enc_8blks)


@proof("vpsm4_cbc_encrypt", of=OPENSSL_4_0)
def vpsm4_cbc_encrypt(p: Proof) -> None:
    cbc_encrypts(p, LOOKED_UP)


@proof("vpsm4_cbc_encrypt", of=OPENSSL_4_0)
def vpsm4_cbc_encrypt_in_place(p: Proof) -> None:
    cbc_encrypts(p, LOOKED_UP, in_place=True)


@proof("vpsm4_cbc_encrypt", of=OPENSSL_4_0)
def vpsm4_cbc_decrypt(p: Proof) -> None:
    cbc_decrypts(p, LOOKED_UP)
    p.uses(_vpsm4_enc_4blks, _vpsm4_enc_8blks)


@proof("vpsm4_cbc_encrypt", of=OPENSSL_4_0)
def vpsm4_cbc_decrypt_in_place(p: Proof) -> None:
    cbc_decrypts(p, LOOKED_UP, in_place=True)
    p.uses(_vpsm4_enc_4blks, _vpsm4_enc_8blks)


@proof("vpsm4_xts_encrypt", of=OPENSSL_4_0)
def vpsm4_xts_encrypt(p: Proof) -> None:
    xts(p, LOOKED_UP, encrypt=True)
    p.uses(_vpsm4_enc_4blks, _vpsm4_enc_8blks)


@proof("vpsm4_xts_encrypt", of=OPENSSL_4_0)
def vpsm4_xts_encrypt_in_place(p: Proof) -> None:
    xts(p, LOOKED_UP, encrypt=True, in_place=True)
    p.uses(_vpsm4_enc_4blks, _vpsm4_enc_8blks)


@proof("vpsm4_xts_encrypt", of=OPENSSL_4_0)
def vpsm4_xts_decrypt(p: Proof) -> None:
    xts(p, LOOKED_UP, encrypt=False)
    p.uses(_vpsm4_enc_4blks, _vpsm4_enc_8blks)


@proof("vpsm4_xts_encrypt", of=OPENSSL_4_0)
def vpsm4_xts_decrypt_in_place(p: Proof) -> None:
    xts(p, LOOKED_UP, encrypt=False, in_place=True)
    p.uses(_vpsm4_enc_4blks, _vpsm4_enc_8blks)
