"""Who may talk to the page: only a browser on this machine that was given the address.

A page of another site can send requests to this port, and by rebinding its own name it can even read the
answers. So the address holds a secret, the `Host` must be this machine, and what writes must come from the
page itself. Whatever a transcript holds, the browser runs no script but the page's own and loads nothing.
"""

from __future__ import annotations

import hmac
from collections.abc import Sequence

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

CSRF_HEADER = "x-gyges-csrf"

_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self';"
    " img-src data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none';"
    " require-trusted-types-for 'script'; trusted-types 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cache-Control": "no-store",
}


class Guard:
    """Lets through what the page's own reader sends, and says the same little to everybody else."""

    def __init__(self, app: ASGIApp, *, token: str, csrf: str, hosts: Sequence[str]) -> None:
        """Guard an app.

        Args:
            app: What is guarded.
            token: The secret first part of every path.
            csrf: The secret that writing requests name in a header.
            hosts: What `Host` may be, with the port.
        """
        self.app = app
        self._token = token.encode()
        self._csrf = csrf.encode()
        self._hosts = frozenset(hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or hand it on."""
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        if scope["type"] != "http":
            return

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(_HEADERS)
            await send(message)

        refusal = self._refuse(scope)
        if refusal:
            await PlainTextResponse(f"{refusal[1]}\n", refusal[0])(scope, receive, send_guarded)
            return
        inner = dict(scope, root_path=f"/{self._token.decode()}")
        await self.app(inner, receive, send_guarded)

    def _refuse(self, scope: Scope) -> tuple[int, str] | None:
        headers = Headers(scope=scope)
        if headers.getlist("host") != [headers.get("host")] or headers.get("host") not in self._hosts:
            return 403, "not this host"
        first = scope["path"].split("/", 2)[1] if scope["path"].startswith("/") else ""
        if not hmac.compare_digest(first.encode("utf-8", "surrogatepass"), self._token):
            return 404, "not found"
        if scope["method"] not in {"GET", "HEAD"} and not self._is_own(headers):
            return 403, "not from this page"
        return None

    def _is_own(self, headers: Headers) -> bool:
        named = headers.get(CSRF_HEADER, "").encode("latin-1", "replace")
        return (
            headers.get("origin") == f"http://{headers.get('host')}"
            and headers.get("sec-fetch-site", "same-origin") == "same-origin"
            and headers.get("content-type", "").split(";")[0].strip() == "application/json"
            and hmac.compare_digest(named, self._csrf)
        )
