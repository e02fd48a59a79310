"""Points of P-256, of AWS-LC."""

from __future__ import annotations

from crypto_examples.p256_points import declare
from crypto_examples.wheels import AWS_LC

# Each declares a proof.
declare(AWS_LC, "aws_lc", add_is="add_to")
