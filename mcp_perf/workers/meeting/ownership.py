"""Directories of one's own: made for this user alone, or refused."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

from ...errors import wrong
from ..system.opening import open_directory

_PRIVATE = 0o700
_OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH
# What a path is that can be no directory, rather than a fault of the system.
_NO_DIRECTORY = {errno.ENOTDIR, errno.ENOENT, errno.ELOOP, errno.ENAMETOOLONG, errno.EINVAL}


def own(path: object) -> Path:
    """The directory `path`, made if need be, for this user alone; ValueError if it is none or another's."""
    directory = _path(path)
    try:
        _make(directory)
        _check(directory, path)
    except OSError as error:
        if error.errno in _NO_DIRECTORY:
            raise _refusal(path, (error.strerror or "").lower()) from None
        raise
    return directory


def user() -> int:
    """Whose files we make. Where the system knows no users, every file's owner reads 0 as well."""
    return os.geteuid() if hasattr(os, "geteuid") else 0


def _path(path: object) -> Path:
    try:
        text = os.fspath(path)  # type: ignore[call-overload]
    except TypeError:
        raise _refusal(path) from None
    if not isinstance(text, str) or not text or "\0" in text:
        raise _refusal(path)
    return Path(text).absolute()  # the process may change its directory


def _refusal(path: object, reason: str = "") -> ValueError:
    error = wrong("worker_dir", path, "a directory of your own")
    return ValueError(f"{error} ({reason})") if reason else error


def _make(directory: Path) -> None:
    """Make the directory and its parents; it may be there already."""
    missing = []
    one = directory
    while not os.path.lexists(one):
        missing.append(one)
        one = one.parent
    for one in reversed(missing):
        try:
            os.mkdir(one, _PRIVATE)
        except FileExistsError:  # also a sibling's, which makes it in this moment
            continue
        found = os.lstat(one)
        if found.st_uid == user() and stat.S_IMODE(found.st_mode) != _PRIVATE:  # for the umask
            _make_private(one, found)


def _check(directory: Path, given: object) -> None:
    found = os.lstat(directory)
    if stat.S_ISLNK(found.st_mode):
        raise _refusal(given, "it is a symbolic link")
    if not stat.S_ISDIR(found.st_mode):
        raise _refusal(given, "it is no directory")
    if found.st_uid != user():
        raise _refusal(given, f"it belongs to the user {found.st_uid}")
    if found.st_mode & stat.S_ISVTX:
        raise _refusal(given, "it is one for everybody")  # such as /tmp, which must stay so
    if found.st_mode & _OTHERS_WRITE and os.name == "posix":
        _tighten(directory, found, given)


def _tighten(directory: Path, found: os.stat_result, given: object) -> None:
    if not _make_private(directory, found):
        raise _refusal(given, "others may write to it")


def _make_private(directory: Path, found: os.stat_result) -> bool:
    """Open the directory to its owner and close it to others: whether they cannot write to it."""
    try:
        if found.st_uid == user() and not found.st_mode & stat.S_IRUSR:
            os.chmod(directory, _PRIVATE)  # it could not be opened
        descriptor = open_directory(directory)
        try:
            if os.path.samestat(found, os.fstat(descriptor)):
                os.fchmod(descriptor, _PRIVATE)
            return not os.fstat(descriptor).st_mode & _OTHERS_WRITE
        finally:
            os.close(descriptor)
    except OSError:
        return False
