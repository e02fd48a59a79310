"""`armsym prove` as it is called: what is unchanged is not proved again, and what changed is."""

from __future__ import annotations

from pathlib import Path

from kept import project, prove, told


def test_from_the_first_proof_to_a_false_one(tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    folder = tmp_path / tmp_path.name
    folder.mkdir()
    file, last = project(folder)
    first = told(prove(cache, file, "--json"))
    assert (first["status"], first["cached"]) == ("proved", False)
    again = told(prove(cache, file, "--json"))
    assert again == {**first, "cached": True}
    text = prove(cache, file)
    assert text.code == 0
    assert "proved     adds" in text.out
    assert "cached" in text.out.splitlines()[0]
    assert "1 proved, all from the cache in" in text.out
    # What the helper of the helper says is false now, and its size and second the same.
    last.write_text(last.read_text().replace("a + b", "a - b"))
    for _ in range(2):
        answer = prove(cache, file, "--json")
        assert answer.code == 1
        assert (told(answer)["status"], told(answer)["cached"]) == ("refuted", False)
    last.write_text(last.read_text().replace("a - b", "a + b"))
    assert told(prove(cache, file, "--json"))["cached"] is True
    # Another file under proof, in which the sum is a difference: ADD (0x8b...) becomes SUB (0xcb...).
    data = bytearray((folder / "routines.o").read_bytes())
    at = data.index(bytes.fromhex("0000018b"))
    data[at + 3] = 0xCB
    (folder / "routines.o").write_bytes(data)
    answer = prove(cache, file, "--json")
    assert (answer.code, told(answer)["cached"]) == (1, False)


def test_without_the_cache(tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    folder = tmp_path / tmp_path.name
    folder.mkdir()
    file, _ = project(folder)
    assert told(prove(cache, file, "--json"))["cached"] is False
    answers = [prove(cache, file, "--json", "--no-cache"), prove(cache, file, "--json", ARMSYM_NO_CACHE="1")]
    (cache / "results").chmod(0o777)
    answers.append(prove(cache, file, "--json"))
    assert "can be written by others" in answers[-1].err
    for answer in answers:
        assert (told(answer)["status"], told(answer)["cached"]) == ("proved", False)


def test_what_reads_files_is_proved_every_time(tmp_path: Path) -> None:
    """A proof that reads a table from a file, which changes."""
    cache = tmp_path / "cache"
    folder = tmp_path / tmp_path.name
    folder.mkdir()
    file, last = project(folder)
    last.write_text(f"def add(a, b):\n    return a + b + int(open({str(folder / 'table')!r}).read())\n")
    for value, code in ((0, 0), (0, 0), (1, 1)):
        (folder / "table").write_text(str(value))
        answer = prove(cache, file, "-v", "--json")
        assert answer.code == code
        assert told(answer)["cached"] is False
        assert f"{last}:2: uses open" in answer.err
