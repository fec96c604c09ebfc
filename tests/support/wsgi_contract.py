"""The contract's hooks as far as they are the same for all WSGI frameworks."""

from support.contract import AdapterContract
from support.wsgi_driver import ask


class WsgiContract(AdapterContract):
    """The contract over the strict WSGI server, with the standard library's validator in front."""

    def request(self, app, method, path, *, body=b"", headers=None, leave_after=None):
        return ask(app, method, path, body=body, headers=headers, leave_after=leave_after)

    def send_all(self, app, wanted):
        for method, path in wanted:
            ask(app, method, path, valid=False)
