"""Tokens in a file: read again when it changes, never forgotten because it cannot be read."""

import os
import threading
import time

import pytest
from support.access import messages, status

from mcp_perf.access import bearer


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "tokens"
    path.write_text("one\n")
    return path


def allowed(rule, *tokens):
    return {token for token in tokens if status(rule, authorization=f"Bearer {token}") == 200}


def test_lines(file) -> None:
    """Each line is a token; blank lines and surrounding whitespace are none."""
    file.write_bytes(b"\xef\xbb\xbfone\r\n\r\n\t two  \n\n   \nthree")
    assert {"one", "two", "three"} == allowed(bearer(file=file), "one", "two", "three", "", " ", "\t")


def test_file_beside_tokens(file) -> None:
    """Tokens that are given and those in the file pass alike; the file may be named by a string."""
    assert {"given", "one"} == allowed(bearer("given", file=str(file)), "given", "one", "other")


def test_change(file) -> None:
    """A file that changes counts at once, even at the same size in the same instant."""
    rule = bearer(file=file)
    for token in ("two", "six", "ten"):
        assert set() == allowed(rule, token)
        file.write_text(token)
        assert {token} == allowed(rule, "one", "two", "six", "ten")


def _pass_hours(monkeypatch, hours):
    now = time.time_ns()
    monkeypatch.setattr(time, "time_ns", lambda: now + hours * 3600 * 10**9)


def test_change_of_an_old_file(file, monkeypatch) -> None:
    """A file that has not changed for long is not read again until it does."""
    opened = []
    real = open
    monkeypatch.setattr("builtins.open", lambda path, *rest: opened.append(path) or real(path, *rest))
    _pass_hours(monkeypatch, 1)
    rule = bearer(file=file)
    for _ in range(3):
        assert {"one"} == allowed(rule, "one", "two")
    assert [str(file)] == opened
    file.with_name("new").write_text("two")
    os.replace(file.with_name("new"), file)
    assert {"two"} == allowed(rule, "one", "two")


def test_swapped_symlink(tmp_path) -> None:
    """A Kubernetes secret changes by a symbolic link that is swapped."""
    for version, token in (("v1", "one"), ("v2", "two")):
        (tmp_path / version).mkdir()
        (tmp_path / version / "token").write_text(token)
    (tmp_path / "..data").symlink_to("v1")
    (tmp_path / "token").symlink_to("..data/token")
    rule = bearer(file=tmp_path / "token")
    assert {"one"} == allowed(rule, "one", "two")
    (tmp_path / "..new").symlink_to("v2")
    os.replace(tmp_path / "..new", tmp_path / "..data")
    assert {"two"} == allowed(rule, "one", "two")


def _remove(file):
    file.unlink()


def _empty(file):
    file.write_text("\n \n")


def _make_binary(file):
    file.write_bytes(b"good\n\xff\xfe\x00\n")


def _make_directory(file):
    file.unlink()
    file.mkdir()


def _make_pipe(file):
    file.unlink()
    os.mkfifo(file)


def _make_huge(file):
    file.write_bytes(b"x" * 2_000_000)


@pytest.mark.parametrize("hours", [0, 1])
@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (_remove, "No such file or directory"),
        (_empty, "it has no token"),
        (_make_binary, "line 2 has something else than visible ASCII characters without spaces"),
        (_make_directory, "it is no regular file"),
        (_make_pipe, "it is no regular file"),
        (_make_huge, "it is longer than"),
    ],
)
def test_spoiled_file(file, caplog, monkeypatch, spoil, reason, hours) -> None:
    """While the file is of no use, the tokens that were last read of it hold, and the log says it once."""
    _pass_hours(monkeypatch, hours)
    rule = bearer(file=file)
    spoil(file)
    for _ in range(3):
        assert {"one"} == allowed(rule, "one", "good", "")
    (warning,) = messages(caplog)
    assert warning.startswith(f"mcp_perf keeps the tokens that it has read from {file} before: ")
    assert reason in warning


def test_file_that_comes_back(file, caplog) -> None:
    """A file that comes back counts again, and the next trouble is told again."""
    rule = bearer(file=file)
    for token in ("two", "three"):
        file.unlink()
        allowed(rule, "one")
        file.write_text(token)
        assert {token} == allowed(rule, "one", "two", "three")
    assert 2 == len(messages(caplog))


def test_threads(file) -> None:
    """Threads that ask while the file changes are never without the tokens that stay in it."""
    file.write_text("stays")
    rule = bearer(file=file)
    stop = threading.Event()
    answers = []

    def ask():
        while not stop.is_set():
            answers.append(allowed(rule, "stays", "other"))

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for token in ("two", "one") * 50:
        file.with_name("new").write_text(f"{token}\nstays")
        os.replace(file.with_name("new"), file)
    stop.set()
    for thread in threads:
        thread.join()
    assert [{"stays"}] * len(answers) == answers
    assert {"stays", "one"} == allowed(rule, "stays", "one", "two")


def test_no_token_in_the_log(file, caplog) -> None:
    """No warning shows a token, also of a file that is half right."""
    rule = bearer(file=file)
    file.write_text("s3cret\nanother s3cret\n")
    allowed(rule, "one")
    assert "s3cret" not in caplog.text


@pytest.mark.parametrize("path", ["s3cret", "", "\x00", 0, b"s3cret", ["s3cret"], True])
def test_wrong_file(path) -> None:
    """A file that cannot be read at start is refused, without what was given, which may be a token."""
    with pytest.raises(
        ValueError, match=r"^the file of bearer\(\) must be a (path|file with a token)"
    ) as caught:
        bearer(file=path)
    assert "s3cret" not in str(caught.value)
    assert caught.value.__context__ is None


def test_file_without_tokens(file) -> None:
    """A file without tokens is refused at start, also beside tokens that are given."""
    file.write_text("\n")
    with pytest.raises(ValueError, match="must be a file with a token on each line, but it has no token"):
        bearer("given", file=file)


def test_log_says_once_what_many_threads_find(file, caplog) -> None:
    """However many requests find at once that the file is of no use, the log says it once."""
    for _ in range(30):
        file.write_text("one")
        rule = bearer(file=file)
        file.unlink()
        together = threading.Barrier(8)

        def ask(rule=rule, together=together):
            together.wait()
            allowed(rule, "one")

        threads = [threading.Thread(target=ask) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    assert 30 == len(messages(caplog))
