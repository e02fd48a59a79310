"""ChaCha20 of OpenSSL 4.0.3: scalar, Advanced SIMD, and the dispatch between them."""

from __future__ import annotations

from armsym.dsl import Proof, proof
from crypto_examples.chacha20 import ChaCha20
from crypto_examples.wheels import OPENSSL_4_0


def _scalar(p: Proof, *, in_place: bool = False) -> None:
    c = ChaCha20(p, in_place=in_place)
    neon = p.global_("OPENSSL_armcap_P", 32)
    p.assume("no Advanced SIMD", neon[0] == 0)
    p.modifies(p.stack(160))
    loop, tail = p.routine.loops("ChaCha20_ctr32_dflt")
    c.scalar_loop(loop)
    c.tail_loop(tail)
    p.ensures(lambda s: c.done(s, c.n))


@proof("ChaCha20_ctr32_dflt", of=OPENSSL_4_0)
def ChaCha20_ctr32_dflt(p: Proof) -> None:
    _scalar(p)


@proof("ChaCha20_ctr32_dflt", of=OPENSSL_4_0)
def ChaCha20_ctr32_dflt_in_place(p: Proof) -> None:
    _scalar(p, in_place=True)
