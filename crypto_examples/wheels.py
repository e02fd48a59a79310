"""The shipped binaries whose routines are proved here: which file of which wheel, pinned by SHA-256."""

from __future__ import annotations

from armsym.wheels import Wheel

__all__ = [
    "AWS_LC",
    "AWS_LC_2023",
    "AWS_LC_2025",
    "AWS_LC_MACOS",
    "BLST",
    "BORINGSSL",
    "OPENSSL_3_1",
    "OPENSSL_3_2",
    "OPENSSL_3_4",
    "OPENSSL_4_0",
    "OPENSSL_4_0_MACOS",
    "RING",
]

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

#: The same for macOS on Arm, a Mach-O library: `armsym prove crypto_examples/openssl --object` takes it.
OPENSSL_4_0_MACOS = Wheel(
    package="cryptography",
    version="50.0.2",
    platform="macosx_11_0_arm64",
    sha256="fa8f5efb344d6908a1ce62f4a24e2e5780f825d6f53f5f50ec5ffacac72936cb",
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

#: OpenSSL 3.2.0 with all symbols, statically linked into pyca/cryptography 42.0.0; for tests/museum.
OPENSSL_3_2 = Wheel(
    package="cryptography",
    version="42.0.0",
    platform="manylinux_2_28_aarch64",
    sha256="c58115384bdcfe9c7f644c72f10f6f42bed7cf59f7b52fe1bf7ae0a622b3a139",
    member=_RUST,
    product="OpenSSL 3.2.0",
)

#: OpenSSL 3.1.0 with all symbols, statically linked into pyca/cryptography 40.0.2; for tests/museum.
OPENSSL_3_1 = Wheel(
    package="cryptography",
    version="40.0.2",
    platform="manylinux_2_28_aarch64",
    sha256="a04386fb7bc85fab9cd51b6308633a3c271e3d0d3eae917eebab2fac6219b6d2",
    member=_RUST,
    product="OpenSSL 3.1.0",
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

#: The same for macOS, a universal Mach-O bundle of which the part for Arm is read.
AWS_LC_MACOS = Wheel(
    package="awscrt",
    version="0.38.1",
    platform="macosx_11_0_arm64",
    sha256="ea0b8c76d2cc365fc9c507efc69226fd51723669aa937f411bcd1d8881584e81",
    member="_awscrt.abi3.so",
    product="AWS-LC",
)

#: AWS-LC as it was in November 2023, statically linked into awscrt 0.19.19; for tests/museum.
AWS_LC_2023 = Wheel(
    package="awscrt",
    version="0.19.19",
    platform="manylinux2014_aarch64",
    sha256="a565c65d6b5712e69eafe44d9fc53ca279eca6ca672012b17470f6844d0e4539",
    member="_awscrt.abi3.so",
    product="AWS-LC",
)

#: AWS-LC as it was in October 2025, statically linked into awscrt 0.28.2; for tests/museum.
AWS_LC_2025 = Wheel(
    package="awscrt",
    version="0.28.2",
    platform="manylinux2014_aarch64",
    sha256="e5c18d035d6cd92228e1db2f043517c1bcf9e0f6430c0af60cc34257dcca092c",
    member="_awscrt.abi3.so",
    product="AWS-LC",
)

#: BoringSSL with all symbols, statically linked into curl_cffi 0.17.0.
BORINGSSL = Wheel(
    package="curl_cffi",
    version="0.17.0",
    platform="manylinux2014_aarch64",
    sha256="aa91d26234516ddb9eb97310d5fe1705aa6f677f101d57ffdb76d5f75439506e",
    member="curl_cffi/_wrapper.abi3.so",
    product="BoringSSL",
)

#: ring 0.17.14 with all symbols, statically linked into temporalio 1.35.0.
RING = Wheel(
    package="temporalio",
    version="1.35.0",
    platform="manylinux2014_aarch64",
    sha256="b93845a2200d23b8edc9a8b0bf78b58bdb5e78721602b3f64072867e07e28504",
    member="temporalio/bridge/temporal_sdk_bridge.abi3.so",
    product="ring 0.17.14",
)

#: blst with all symbols, statically linked into chia_rs 0.53.0.
BLST = Wheel(
    package="chia_rs",
    version="0.53.0",
    platform="manylinux_2_28_aarch64",
    sha256="c3c9bd51ebc243fe0060fe5773cde6987aa92187dde7eddc92ff80aebb11c9d2",
    member="chia_rs/chia_rs.cpython-311-aarch64-linux-gnu.so",
    product="blst",
)
