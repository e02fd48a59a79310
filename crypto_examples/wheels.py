"""The shipped binaries whose routines are proved here: which file of which wheel, pinned by SHA-256."""

from __future__ import annotations

from armsym.wheels import Wheel

__all__ = ["AWS_LC", "OPENSSL_3_4", "OPENSSL_4_0"]

_RUST = "cryptography/hazmat/bindings/_rust.abi3.so"

#: OpenSSL 4.0.3 with all symbols, statically linked into pyca/cryptography 50.0.2.
OPENSSL_4_0 = Wheel(
    package="cryptography",
    version="50.0.2",
    platform="manylinux_2_28_aarch64",
    sha256="f9f6143a8c75945eb960d9eb98905a441394abfa24afaae239d514ffb2586480",
    member=_RUST,
    product="OpenSSL 4.0.3",
)

#: OpenSSL 3.4.0 with all symbols, statically linked into pyca/cryptography 44.0.0.
OPENSSL_3_4 = Wheel(
    package="cryptography",
    version="44.0.0",
    platform="manylinux_2_28_aarch64",
    sha256="c5eb858beed7835e5ad1faba59e865109f3e52b3783b9ac21e7e47dc5554e289",
    member=_RUST,
    product="OpenSSL 3.4.0",
)

#: AWS-LC, with the routines of s2n-bignum and all symbols, statically linked into awscrt 0.38.1.
AWS_LC = Wheel(
    package="awscrt",
    version="0.38.1",
    platform="manylinux2014_aarch64",
    sha256="3c0378189c751f43a799c075e7ada06f46da28a8f7c2a65caae3de3dd16be405",
    member="_awscrt.abi3.so",
    product="AWS-LC",
)
