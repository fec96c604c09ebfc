"""Requests to the metrics app that nobody sane sends, as hypothesis makes them, and what carries them."""

import base64
from dataclasses import dataclass
from urllib.parse import unquote, unquote_to_bytes

from hypothesis import strategies as st

from mcp_perf.access import all_of, any_of, basic, bearer, networks
from support.asgi_driver import http_scope
from support.wsgi_driver import environment

TOKEN, USER = "t0ken+/=", ("änne", "pass:wörd")
PROXY = "10.0.0.1"
RULES = {
    "open": None,
    "bearer": bearer(TOKEN, "other"),
    "basic": basic(dict([USER])),
    "either": any_of(bearer(TOKEN), basic(dict([USER]))),
    "both": all_of(networks("192.0.2.0/24", "::1", trusted_proxies=[PROXY, "unix"]), bearer(TOKEN)),
    "networks": networks("192.0.2.0/24", "2001:db8::/32", trusted_proxies=[PROXY, "unix"]),
    "callable": lambda request: bool(request.header("x-odd")),
}


@dataclass(frozen=True)
class Asked:
    """A request. `path` is percent-encoded, below what is mounted at `root`; fields are in order."""

    method: str = "GET"
    path: str = "/metrics"
    query: bytes = b""
    fields: tuple = ()
    client: str = "127.0.0.1"
    root: str = ""

    def scope(self):
        """As an ASGI server tells it."""
        return http_scope(
            self.method,
            headers=[(name.lower().encode(), value) for name, value in self.fields],
            client=(self.client, 50000) if self.client else None,
        ) | {
            "path": self.root + unquote(self.path),
            "raw_path": self.path.encode(),
            "root_path": self.root,
            "query_string": self.query,
        }

    def environ(self):
        """As a WSGI server tells it."""
        found = {}
        for name, value in self.fields:
            key = name.upper().replace("-", "_")
            if key not in ("CONTENT_TYPE", "CONTENT_LENGTH"):
                key = f"HTTP_{key}"
            text = value.decode("latin-1")
            found[key] = f"{found[key]},{text}" if key in found else text
        return environment(
            self.method,
            PATH_INFO=unquote_to_bytes(self.path).decode("latin-1"),
            SCRIPT_NAME=self.root.encode().decode("latin-1"),
            QUERY_STRING=self.query.decode("latin-1"),
            REMOTE_ADDR=self.client,
            **found,
        )

    def wire(self):
        """As a client sends it."""
        target = self.path.encode() + (b"?" + self.query if self.query else b"")
        lines = [b"%s %s HTTP/1.1" % (self.method.encode(), target)]
        lines += [b"%s: %s" % (name.encode(), value) for name, value in self.fields]
        return b"\r\n".join([*lines, b"", b""])


def _joined(parts, separators, **size):
    """Texts of `parts`, each with one of `separators` in front."""
    return st.lists(st.tuples(st.sampled_from(separators), parts), **size).map(
        lambda found: "".join("".join(pair) for pair in found).lstrip("".join(separators[:1]))
    )


_latin = st.text(st.characters(max_codepoint=255, exclude_characters="\r\n"), max_size=20)
_long = st.builds(lambda text, times: text * times, _latin, st.sampled_from([50, 3000]))
_escaped = st.binary(max_size=4).map(lambda raw: "".join(f"%{byte:02x}" for byte in raw))
_odd = st.one_of(_latin, _escaped, _long)

_quality = st.sampled_from(
    [
        "",
        ";q=1",
        ";q=0",
        ";q=0.5",
        ";q=1.5",
        ";q=-1",
        ";q=nan",
        ";q=",
        "; q=0.001;q=1",
        ";Q=0.9",
        ";q=1e9",
        ';q="0"',
        ";q=0,5",
        ";q*=utf-8''0",
        ";q=0.0000",
        ";q=00001",
    ]
)
_parameter = st.sampled_from(
    [
        "",
        ";version=0.0.4",
        ";version=1.0.0",
        ';version="1.0.0"',
        ";version=2",
        ";escaping=allow-utf-8",
        ";escaping=values",
        ";escaping=dots",
        ";escaping=ALLOW-UTF-8",
        ";encoding=delimited",
        ";version",
        ";proto=io.prometheus.client.MetricFamily;encoding=delimited",
        ";proto*0=io",
        ';a="\\',
        ";=",
        ";;",
    ]
)
_media = st.sampled_from(
    [
        "text/plain",
        "application/openmetrics-text",
        "application/vnd.google.protobuf",
        "*/*",
        "text/*",
        "*",
        "TEXT/PLAIN",
        "text",
        "/",
        "image/png",
        "application/json",
        "",
    ]
)
_coding = st.sampled_from(
    ["gzip", "GZIP", "zstd", "identity", "br", "*", "x-gzip", "deflate", "", "gzip gzip"]
)


def _ranges(*parts):
    one = st.one_of(st.tuples(*parts).map("".join), st.tuples(*parts).map("".join), _latin)
    return _joined(one, [",", ", ", " ,\t", ";", ",,"], max_size=5)


_secret = st.sampled_from(
    [TOKEN, "other", ":".join(USER), base64.b64encode(":".join(USER).encode()).decode(), "", "="]
)
_authorization = st.one_of(
    st.builds(
        "{}{}{}{}".format,
        st.sampled_from(["Bearer", "bearer", "BASIC", "Basic", "Digest", "", "Bearer Bearer"]),
        st.sampled_from([" ", "  ", "\t", "", "=", ","]),
        st.one_of(_secret, _odd),
        st.sampled_from(["", " ", ",", "\x00", "=", "\xe9"]),
    ),
    _odd,
)
_node = st.one_of(
    st.sampled_from(
        [
            "192.0.2.7",
            "10.0.0.1",
            "[2001:db8::1]:80",
            "::1",
            "unknown",
            "_x",
            "",
            "192.0.2.7:80",
            "[",
            "1.2.3",
            "::ffff:192.0.2.7",
            "fe80::1%eth0",
            "999.1.1.1",
            "192.0.2.07",
            '"[2001:db8::1]"',
            "1.2.3.4.5",
        ]
    ),
    _latin,
)
_element = st.builds(
    "{}{}{}".format, st.sampled_from(["for=", "For=", 'for="', "by=", "for", "=", ""]), _node, _latin
)
_etag = st.sampled_from(["*", '"x"', 'W/"x"', "bytes=0-1", "Thu, 01 Jan 1970 00:00:00 GMT", ""])
# None so short that an answer in time is a matter of luck.
_timeout = st.sampled_from(["10", "0", "-1", "nan", "-nan", "inf", "1e400", "1_0", "ten", "", " 7", "0x1p4"])

_FIELDS = {
    "Accept": _ranges(_media, _parameter, _quality),
    "Accept-Encoding": _ranges(_coding, _quality),
    "Authorization": _authorization,
    "X-Forwarded-For": _joined(_node, [",", ", "], max_size=4),
    "Forwarded": _joined(_element, [",", ";", ", "], max_size=4),
    "X-Prometheus-Scrape-Timeout-Seconds": _timeout,
    "If-None-Match": _etag,
    "If-Modified-Since": _etag,
    "Range": _etag,
    "X-Odd": _odd,
    "Content-Type": _odd,
}
_field = st.sampled_from(list(_FIELDS)).flatmap(
    lambda name: _FIELDS[name].map(lambda text: (name, text.encode("latin-1", "replace").strip()))
)
fields = st.lists(_field, max_size=6).map(tuple)

methods = st.one_of(
    st.sampled_from(["GET"] * 6 + ["HEAD"] * 2),
    st.sampled_from(["POST", "PUT", "OPTIONS", "TRACE", "CONNECT", "QUERY", "get", "GET2", "M-SEARCH"]),
)
_piece = st.one_of(
    st.sampled_from(
        ["/", "//", "/summary", "/schema", "/metrics", "/..", "/.", "%2f", "%00", "%0a", "%ff", ";"]
    )
    | st.sampled_from(["/%C3%BCber", "%", "%zz", "/metrics%2Fsummary", "%ed%a0%80", "/SUMMARY", "+", "%20"]),
    _escaped,
)
paths = st.one_of(
    st.sampled_from(
        ["/metrics", "/metrics/", "/metrics/summary", "/metrics/summary/schema", "/summary", "/"]
    ),
    st.lists(_piece, max_size=5).map(lambda pieces: "/metrics" + "".join(pieces)),
    st.lists(_piece, max_size=5).map(lambda pieces: "/" + "".join(pieces).lstrip("/")),
)
_parameter_name = st.sampled_from(
    ["name[]", "name%5B%5D", "name%5b]", "name", "top", "TOP", "t%6fp", "", "["]
)
_parameter_value = st.one_of(
    st.sampled_from(["mcp_odd_total", "odd_total", "mcp_monitor_series", "1", "2", "0", "-1", "10001", "01"])
    | st.sampled_from(["1.0", "1e3", "%31", "+1", "1+", "%D9%A1", "", "None", "9" * 5000, "%ed%a0%80"]),
    _odd,
)
_pair = st.builds(
    "{}{}{}".format, _parameter_name, st.sampled_from(["=", "", "==", "=%26"]), _parameter_value
)
queries = _joined(st.one_of(_pair, _pair, _odd), ["&", ";", "&&"], max_size=5).map(
    lambda text: text.encode("latin-1")
)
clients = st.sampled_from(
    ["127.0.0.1", "192.0.2.9", PROXY, "", "::1", "::ffff:192.0.2.9", "unix:", "?", "[::1]"]
)

requests = st.builds(
    Asked,
    method=methods,
    path=paths,
    query=queries,
    fields=fields,
    client=clients,
    root=st.sampled_from(["", "", "", "/proxy", "/metrics", "/prüfung/x"]),
)
