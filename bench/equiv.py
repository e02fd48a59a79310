"""Two releases side by side: which routines of OpenSSL 4.0.3 are the same in an earlier one.

    python bench/equiv.py [--sample N] [NAME ...]

For every function of the wheel that the other wheel defines too, by name: whether the words executed are the same, both
are shown to do the same all the same, they differ on an input, or nothing is shown.  Where there is a proof of
the routine it says what both are given.  Of what is neither proved nor assembly only N are taken, if N is given: the
same each time.  With names, only those, each with the answer.
"""

from __future__ import annotations

import fnmatch
import random
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Container
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import armsym
from armsym.elf import Image
from armsym.equiv import Answer, Verdict, equivalent
from armsym.equiv.product import Limits
from armsym.errors import ArmsymError
from armsym.installed import load_isa
from armsym.proof.registry import ProofDefinition, discover
from armsym.wheels import Wheel
from crypto_examples.wheels import OPENSSL_3_4, OPENSSL_4_0

#: Variables that a library sets when it is loaded; assumed to hold the same.
GLOBALS = ("OPENSSL_armcap_P", "OPENSSL_armv8_rsa_neonized")

#: OpenSSL 3.5.4 with all symbols, statically linked into pyca/cryptography 46.0.3.
OPENSSL_3_5 = Wheel(
    package="cryptography",
    version="46.0.3",
    platform="manylinux_2_28_aarch64",
    sha256="6eae65d4c3d33da080cff9c4ab1f711b15c1d9760809dad6ea763f3812d254cb",
    member="cryptography/hazmat/bindings/_rust.abi3.so",
    product="OpenSSL 3.5.4",
)


#: Routines in assembly, by the names that OpenSSL's generators give them.
ASSEMBLY = """aes_v8_* *vpaes_* sha*_block_* ChaCha20_* poly1305_blocks* poly1305_emit* poly1305_init gcm_*_v8*
    bn_mul_mont bn_mul[48]x* ecp_nistz256_[adfnst]* ecp_nistz256_mul_* ecp_nistz256_point_* Keccak* SHA3_absorb*
    SHA3_squeeze* *sm3_block* sm4_v8_* vpsm4_* *md5_block* OPENSSL_cleanse CRYPTO_memcmp *aes_gcm_*_kernel* _armv8_*
    *rsaz_* bsaes_* *ossl_hwsm* ecp_sm2p256_[adms]*"""


def functions(image: Image) -> set[str]:
    """The functions of C and assembly that a name stands for once."""
    found = [s.name for s in image.functions() if s.kind == "func"]
    return {n for n, k in Counter(found).items() if k == 1 and not n.startswith(("_ZN", "_R"))}


def kind(a: Answer) -> str:
    """The row of the table."""
    if a.verdict is Verdict.EQUIVALENT:
        if a.method == "in step":
            return "identical words" if a.identical else "equal side by side"
        return "equal on all paths"
    return str(a.verdict.value)


def why(reason: str) -> str:
    """What kind of reason it is that nothing is shown."""
    words = {
        "another library": ("loading makes of", "another file", "take over"),
        "data that may be written": ("writable", "may be written", "stores to different addresses"),
        "a branch to what is not known": ("which is not known", "neither code of the image"),
        "a table of which the reach is not known": ("how far they reach",),
        "an instruction that is not modelled": ("no modelled", "not modelled", "matches"),
        "too many states": ("states", "more than"),
    }
    return next((k for k, parts in words.items() if any(p in reason for p in parts)), "they part")


def compare(first: Image, second: Image, name: str, proofs: list[ProofDefinition]) -> list[tuple[str, Answer]]:
    """The answers: for each proof of the routine; where there is none, without declarations."""
    isa, found = load_isa(), list[tuple[str, Answer]]()
    given: list[ProofDefinition | None] = [*proofs] if proofs else [None]
    limits = Limits(seconds=20.0) if proofs else Limits(states=20_000)
    for d in given:
        try:
            a = equivalent((first, name), (second, name), isa, declared=d, same_globals=GLOBALS, limits=limits)
        except ArmsymError as e:
            a = Answer(Verdict.UNDECIDED, "in step", str(e))
        found.append((name if d is None else d.name, a))
        if a.verdict is Verdict.EQUIVALENT and a.method == "in step":
            break  # it holds whatever is given
    return found


def group(name: str, proofs: Container[str]) -> str:
    """The line of the table."""
    if name in proofs:
        return "with a proof"
    return "other assembly" if any(fnmatch.fnmatchcase(name, g) for g in ASSEMBLY.split()) else "C"


def table(wheel: Wheel, names: list[str], sample: int) -> str:
    """What is found of 4.0.3 and the release in a wheel."""
    newest, other = armsym.load(str(OPENSSL_4_0.path())), armsym.load(str(wheel.path()))
    proofs: dict[str, list[ProofDefinition]] = {}
    for d in discover(Path(__file__).parents[1] / "crypto_examples" / "openssl"):
        proofs.setdefault(d.symbol, []).append(d)
    both = sorted(functions(newest) & functions(other))
    chosen = [n for n in both if not names or any(fnmatch.fnmatchcase(n, g) for g in names)]
    if sample:
        plain = [n for n in chosen if group(n, proofs) == "C"]
        left = set(random.Random(1).sample(plain, min(sample, len(plain))))
        chosen = [n for n in chosen if n in left or group(n, proofs) != "C"]
    began, reasons = time.process_time(), Counter[str]()
    rows: defaultdict[str, Counter[str]] = defaultdict(Counter)
    lines = []
    for name in chosen:
        answers = compare(newest, other, name, proofs.get(name, []))
        worst = max(answers, key=lambda x: (x[1].verdict is Verdict.DIFFERENT, x[1].verdict is Verdict.UNDECIDED))
        rows[group(name, proofs)][kind(worst[1])] += 1
        if worst[1].verdict is Verdict.UNDECIDED:
            reasons[why(worst[1].reason)] += 1
        if names or group(name, proofs) != "C":
            for label, a in answers:
                x = a.difference
                told = a.reason or (f"{x.where}: {x.first}, {x.second}" if x is not None else "")
                lines.append(f"{kind(a):<20} {label}  {a.seconds:.1f} s  {told}"[:400])
    lines.append(
        f"4.0.3 and {wheel.product}: {len(chosen)} of {len(both)} functions, {time.process_time() - began:.0f} s"
    )
    lines += [f"  {kind_of}: {dict(counts)}" for kind_of, counts in sorted(rows.items())]
    lines.append(f"  undecided, by what they part at: {dict(reasons.most_common())}")
    return "\n".join(lines)


def main() -> None:
    """Print the tables."""
    names, sample = sys.argv[1:], 0
    if names[:1] == ["--sample"]:
        sample, names = int(names[1]), names[2:]
    with ProcessPoolExecutor(2) as pool:
        for text in pool.map(table, (OPENSSL_3_4, OPENSSL_3_5), (names,) * 2, (sample,) * 2):
            print(text, flush=True)


if __name__ == "__main__":
    main()
