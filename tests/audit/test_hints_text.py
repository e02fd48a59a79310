"""The text of certificates: what is written is read back, and nothing else is read."""

from __future__ import annotations

import random
from contextlib import suppress

import pytest
from raw_programs import some_certificate

from armsym.audit.check import RefusedError, check_certificate
from armsym.audit.functions import entries
from armsym.audit.hints import Certificate, Part, TextError, read, write
from armsym.audit.raw import Program

SMALL = """armsym-certificate 1
from 1
define aes.sbox {sbox}
v x ff
f aes.sbox ff 1
f f 1 1 2
& 1 2
part 0
given 3 1
polyatom 1
evaluate 2 2 1 2
claim 1 1
end
"""


def small() -> str:
    return SMALL.format(sbox=(entries("aes.sbox") or b"").hex())


def test_what_is_written_is_read_back() -> None:
    for certificate in (some_certificate(1), read(small().splitlines())):
        again = read(write(certificate).splitlines(keepends=True))
        assert again.program.instructions == certificate.program.instructions
        assert (again.parts, again.own) == (certificate.parts, 1)
    assert write(read(small().splitlines())) == small()


def test_added_instructions_are_put_after_the_readers_own() -> None:
    program = Program()
    x = program.var("x", 255)
    own = len(program)
    y = program.xor(x, x)
    text = write(Certificate(program, [Part(claims=[(x, y)])], own))
    mine = Program()
    mine.var("x", 255)
    certificate = read(text.splitlines(), mine)
    assert certificate.program is mine
    assert mine.instructions == program.instructions
    with pytest.raises(TextError, match="from 1"):
        read(text.splitlines())
    with pytest.raises(TextError, match="from 3"):
        read(text.splitlines(), program)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("certificate 1", "certificate 2"),
        ("from 1\n", "from 2\n"),
        ("from 1\n", ""),
        ("end\n", ""),
        ("end\n", "end\nend\n"),
        ("end\n", "end\n\n"),
        ("v x ff", "v x FF"),
        ("v x ff", "v x 0ff"),
        ("v x ff", "v x -1"),
        ("v x ff", "v x ff "),
        ("v x ff", "v  x ff"),
        ("v x ff", "v x"),
        ("v x ff", "v x\x7f ff"),
        ("v x ff", "v x " + "f" * (1 << 14) + "f"),
        ("& 1 2", "& 1 4"),
        ("& 1 2", "& 0 2"),
        ("& 1 2", "& 01 2"),
        ("& 1 2", "& 1 2 1"),
        ("& 1 2", "v x ff"),
        ("& 1 2", "l 1 65537"),
        ("& 1 2", "no 1 2"),
        ("f f 1 1 2", "f bytes:0 1 1 2"),
        ("f aes.sbox ff 1\n", ""),
        ("define aes.sbox 63", "define aes.sbox 64"),
        ("define aes.sbox", "define aes.inv_sbox"),
        ("define aes.sbox", "define f"),
        ("part 0", "part 1"),
        ("part 0\n", ""),
        ("given 3 1", "given 5 1"),
        ("given 3 1", "given 3 1\ngiven 3 0"),
        ("given 3 1", "given 3 1\ngiven 2 0"),
        ("polyatom 1", "polyatom 1\ngiven 4 0"),
        ("polyatom 1", "polyatom 1 1"),
        ("polyatom 1", "polyatom 5"),
        ("polyatom 1", "polyatom ¹"),
        ("polyatom 1", "polyatom ١"),
        ("polyatom 1", "Polyatom 1"),
        ("polyatom 1", "polyatom 1\nv y ff"),
        ("evaluate 2 2 1 2", "evaluate 2 2 1,9 2"),
        ("evaluate 2 2 1 2", "evaluate 2 2 1, 2"),
        ("claim 1 1", "claim 1"),
        ("claim 1 1", "claim 1 1\npolyatom 1"),
    ],
)
def test_another_text_is_refused(old: str, new: str) -> None:
    assert read(small().splitlines())
    text = small()
    assert old in text
    with pytest.raises(TextError):
        read(text.replace(old, new, 1).splitlines())


def test_no_flipped_character_makes_a_traceback_or_a_text_that_is_written_otherwise() -> None:
    text = write(some_certificate(2))
    rnd = random.Random(3)
    refused = read_back = 0
    for _ in range(300):
        k = rnd.randrange(len(text))
        changed = text[:k] + chr(ord(text[k]) ^ 1 << rnd.randrange(7)) + text[k + 1 :]
        try:
            certificate = read(changed.split("\n")[:-1])
        except TextError:
            refused += 1
            continue
        assert write(certificate) == changed
        read_back += 1
        with suppress(RefusedError):
            check_certificate(certificate)
    assert refused > 50
    assert read_back > 30
