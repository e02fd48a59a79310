"""One proof of every family against its target: python bench/families.py [--only GLOB] [--rounds N]
Which proofs of OpenSSL carry over to an older release:   python bench/families.py --older

Each proof runs in a process of its own, one at a time; the figure is its CPU seconds, concrete runs
included, as `armsym prove` prints it.  Exit code 1 if a proof does not close, or takes longer than
its target; with --older always 0, since not every routine is there.
"""

from __future__ import annotations

import argparse
import fnmatch
import json
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
OLDER = "crypto_examples/wheels.py::OPENSSL_3_4"

#: (family, names of its proofs, CPU seconds that one may take).  The first that matches counts.
TARGETS = (
    ("Keccak-f, four states", r"sha3_keccak4_\w+", 5.0),
    ("Keccak-f", r"(KeccakF1600|sha3_keccak)\w*", 1.0),
    ("SHA-3 sponge", r"SHA3_\w+", None),
    ("AES key schedule", r"(aes|vpaes)_\w*set_(en|de)crypt_key\w*", 10.0),
    ("AES block", r"(aes_v8|aes_hw|vpaes)_(en|de)crypt(_in_place)?", 0.5),
    ("AES modes", r"aes_\w+_(ecb|cbc|ctr32)_\w+", 10.0),
    ("AES-XTS", r"aes_\w+_xts_\w+", 20.0),
    ("AES-GCM kernels", r"(unroll8_eor3_)?aes_gcm_(enc|dec)_\w+|aesv8_gcm_8x_\w+", 60.0),
    ("ChaCha20, NEON", r"ChaCha20_\w*neon\w*", 10.0),
    ("ChaCha20, scalar", r"ChaCha20_\w+", 1.0),
    ("AES by vector permutation, inner routines", r"_vpaes_\w+", 2.0),
    ("AES modes by vector permutation", r"vpaes_(ecb|cbc|ctr32)_\w+", 15.0),
    ("GHASH, one product", r"gcm_(gmult|init)_\w+", 0.5),
    ("GHASH", r"gcm_ghash_\w+", 30.0),
    ("MD5, SM3", r"ossl_(md5|hwsm3)_\w+", 2.0),
    ("SM4-XTS", r"vpsm4_(ex_)?xts_\w+", 20.0),
    ("SM4", r"(sm4|_?vpsm4)_\w+", 20.0),
    ("SHA-1", r"sha1_\w+", None),
    ("SHA-2", r"(blst_)?(sha256|sha512|armsym_sha)\w+", None),
    ("memory", r"\w*(memcmp|cleanse)\w*", None),
    (
        "numbers of any length",
        r"bignum_(ge|optsub|mul|sqr|emontredc_8n|copy_row_from_table\w*)|(openssl|aws_lc)_bn_mul(4x)?_mont",
        60.0,
    ),
    ("P-256, tables", r"ecp_nistz256_(scatter|gather|select)_\w+", 2.0),
    ("P-256, points", r"(openssl|aws_lc)_ecp_nistz256_point_\w+", 20.0),
    ("P-256, field and order", r"(openssl|aws_lc|boringssl|ring)_(_?ecp_nistz|p)256_\w+", 1.0),
    ("BLS12-381, field and order", r"blst_\w+_(384x?|256)", 10.0),
    ("squares and products of 16 and 32 words", r"L?bignum_k(sqr|mul)_\w+", 60.0),
    ("P-384 and P-521 with Neon", r"bignum_(mont(mul|sqr)_p384|(mul|sqr)_p521)", 40.0),
    ("P-384, P-521 and 25519", r"bignum_\w+", 5.0),
    ("Poly1305", r"poly1305_\w+", 10.0),
    ("ChaCha20-Poly1305", r"chacha20_poly1305_\w+", 60.0),
    ("samplers", r"(mlkem|mldsa)_rej_\w+", 30.0),
    ("ML-KEM", r"mlkem_\w+", 5.0),
    ("ML-DSA", r"mldsa_\w+", 6.0),
)


@dataclass(frozen=True)
class Figure:
    """What one proof took.  `target` is None where the family has none."""

    family: str
    library: str
    proof: str
    status: str
    seconds: float
    target: float | None

    @property
    def ratio(self) -> float | None:
        """Seconds over the target."""
        return None if self.target is None else self.seconds / self.target


def family_of(proof: str) -> tuple[str, float | None]:
    """The family that a proof belongs to by its name, and the family's target."""
    for family, names, target in TARGETS:
        if re.fullmatch(names, proof):
            return family, target
    return "other", None


def run(arguments: Sequence[str]) -> list[dict[str, object]]:
    """The results of `armsym prove`, in a process of its own."""
    command = [sys.executable, "-m", "armsym", "prove", "--json", "--no-cache", *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if not done.stdout:
        sys.exit(done.stderr)
    return list(json.loads(done.stdout)["results"])


def figures(only: str, rounds: int) -> Iterator[Figure]:
    """Each proof by itself, the fastest of some rounds."""
    command = [sys.executable, "-m", "armsym", "list", "--json"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=True)
    for p in json.loads(listed.stdout)["proofs"]:
        if not fnmatch.fnmatchcase(p["proof"], only):
            continue
        file = p["source"].rpartition(":")[0]
        tries = [x for _ in range(rounds) for x in run([f"{file}::{p['proof']}"]) if x["proof"] == p["proof"]]
        r = min(tries, key=lambda x: float(str(x["seconds"])))
        family, target = family_of(p["proof"])
        yield Figure(family, Path(file).parent.name, p["proof"], str(r["status"]), float(str(r["seconds"])), target)


def table(found: Sequence[Figure]) -> str:
    """By family, with the ratio to the target."""
    lines = ["| family | proof | library | status | CPU s | target | ratio |", "|---|---|---|---|---|---|---|"]
    order = [family for family, *_ in TARGETS]
    for f in sorted(found, key=lambda f: (order.index(f.family) if f.family in order else len(order), f.library)):
        target = "" if f.target is None else f"{f.target:g}"
        ratio = "" if f.ratio is None else f"{f.ratio:.2f}" if f.ratio <= 1 else f"**{f.ratio:.2f}**"
        lines.append(f"| {f.family} | `{f.proof}` | {f.library} | {f.status} | {f.seconds:.1f} | {target} | {ratio} |")
    return "\n".join(lines)


def older(jobs: int) -> str:
    """What the proofs of OpenSSL 4.0 say of the older release, unchanged."""
    groups: dict[str, list[str]] = {}
    for r in run(["crypto_examples/openssl", "--object", OLDER, "-j", str(jobs)]):
        why = ""
        if r["status"] != "proved":
            message = str(r.get("message") or next((o["detail"] or o["name"] for o in _failing(r)), ""))
            why = f": {message.splitlines()[0][:160]}" if message else ""
        groups.setdefault(str(r["status"]), []).append(f"`{r['proof']}`{why}")
    lines = [f"Proofs of crypto_examples/openssl with --object {OLDER}:"]
    for status, names in groups.items():
        lines += ["", f"{status}: {len(names)}", *(f"- {n}" for n in names)]
    return "\n".join(lines)


def _failing(r: dict[str, object]) -> list[dict[str, str]]:
    obligations = r["obligations"]
    assert isinstance(obligations, list)
    return [{"detail": "", **o} for o in obligations if o["status"] != "proved"]


def main() -> int:
    """See the module's text."""
    parser = argparse.ArgumentParser(description="Time every proof beside its target.")
    parser.add_argument("--only", default="*", metavar="GLOB", help="only these proofs")
    parser.add_argument("--rounds", type=int, default=1, metavar="N", help="run each so often; the fastest counts")
    parser.add_argument("--json", type=Path, help="write the figures here")
    parser.add_argument("--older", action="store_true", help="prove OpenSSL 3.4.0 with the proofs of 4.0")
    parser.add_argument("-j", type=int, default=1, metavar="N", help="processes, with --older")
    a = parser.parse_args()
    if a.older:
        print(older(a.j))
        return 0
    found = list(figures(a.only, a.rounds))
    if not found:
        sys.exit(f"no proof is called {a.only}")
    print(table(found))
    if a.json:
        a.json.write_text(json.dumps([asdict(f) for f in found], indent=1) + "\n")
    return int(any(f.status != "proved" or (f.ratio or 0) > 1 for f in found))


if __name__ == "__main__":
    sys.exit(main())
