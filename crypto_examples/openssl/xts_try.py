from armsym.dsl import Proof, proof
from crypto_examples.aes_xts import xts_encrypts
from crypto_examples.wheels import OPENSSL_4_0

@proof("aes_v8_xts_encrypt", of=OPENSSL_4_0)
def aes_v8_xts_encrypt(p: Proof) -> None:
    xts_encrypts(p)
