"""Points of P-256, of OpenSSL 4.0.3."""

from __future__ import annotations

from crypto_examples.p256_points import declare
from crypto_examples.wheels import OPENSSL_4_0

# Each declares a proof.
declare(OPENSSL_4_0, "openssl")
