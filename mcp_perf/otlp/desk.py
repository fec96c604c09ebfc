"""Desks: where the account of an export lies open, from which the next export goes on when one has ended."""

from __future__ import annotations

from ..history.home import Home
from ..history.segments import MemoryStore
from ..pace import Pace
from ..storage.atomic import Lock
from .account import Account
from .books import Books
from .exemplars import Exemplars


class Desk:
    """The account of what this process tells, and the `home` where other processes find it.

    It is at hand where `is_mine` has said so. `exemplars` are what this process has read for the
    pending batch of the account. Whoever does anything here holds the `lock`.
    """

    def __init__(self, home: Home) -> None:
        self.lock = Lock()
        self.account: Account | None = None
        self.exemplars: Exemplars = {}
        self._home = home
        self._books: Books | None = None

    def is_shared(self) -> bool:
        """Whether there are other processes, as far as this one knows."""
        return self._home.is_shared()

    def is_mine(self, pace: Pace) -> bool:
        """Whether it is this process's turn, which goes on from where the last one was; raises OSError."""
        if not self._home.is_mine_to_write():
            self._forget()
            return False
        store = self._home.store()
        if self._books is None or self._books.store is not store:
            was_alone = self._is_alone()
            self._books = Books(store)
            found = self._books.read(pace)
            if found is not None or not was_alone:
                self.account = found
        return True

    def write(self, pace: Pace) -> None:
        """Have the account where others find it; raises OSError."""
        # Who is alone has it in memory already, and no other process goes on after it.
        if self._books is None or self.account is None or self._is_alone():
            return
        account = self.account
        told = account.pending.span.end if account.pending is not None else account.ended
        self._books.write(account, (told or account.since) / 1e9, pace)

    def move(self, pace: Pace) -> None:
        """There may be others soon: have the account where they find it, and be the one whose turn it is."""
        if self.account is not None and self.is_mine(pace):
            self.write(pace)

    def leave(self) -> Account | None:
        """Let another process go on; the account as it is then, None where there is no other process."""
        self._home.leave()
        if self._is_alone():
            return None
        account = self.account
        self._forget()
        return account

    def forked(self) -> None:
        """This is a child: the account is the parent's."""
        self._home.forked()
        self._forget()

    def _forget(self) -> None:
        self.account = self._books = None
        self.exemplars = {}

    def _is_alone(self) -> bool:
        return self._books is None or isinstance(self._books.store, MemoryStore)
