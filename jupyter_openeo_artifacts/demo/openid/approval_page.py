"""The page where a person enters a code, signs in, and approves or denies what is asked."""

from __future__ import annotations

import hmac
import secrets
from typing import TYPE_CHECKING

from flask import Blueprint, redirect, render_template, request, session, url_for

from jupyter_openeo_artifacts.demo.openid.attempts import PasswordAttempts
from jupyter_openeo_artifacts.demo.openid.clients import SCOPES

if TYPE_CHECKING:
    from typing import Any

    from jupyter_openeo_artifacts.demo.openid.device_codes import DeviceCode
    from jupyter_openeo_artifacts.demo.openid.server import OpenIDServer
    from jupyter_openeo_artifacts.demo.users import DemoUser

_NO_SUCH_CODE = (
    "Nothing waits for this code. Compare it with the one that JupyterLab or your terminal shows."
)
_CODE_OVER = "This code has expired or was used before. Start the sign-in again to get a new one."
_WRONG_LOGIN = "This user name and password do not belong together."
_TOO_FAST = "Too many wrong passwords. Wait a second, then try again."
_STALE_FORM = "This form was opened too long ago or in another window. Please try again."

_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


def approval_page(server: OpenIDServer) -> Blueprint:
    """Return the pages under /device.

    One address shows what comes next: the code, then the sign-in, then the decision. Every form
    carries a token that the session's cookie must match, and answers with a redirect to that
    address, never to one from outside.
    """
    page = _Page(server)
    blueprint = Blueprint("approval", __name__, url_prefix="/device")
    blueprint.add_url_rule("", "show", page.show, methods=["GET"])
    for name, view in {
        "enter": page.enter,
        "sign-in": page.sign_in,
        "sign-out": page.sign_out,
        "decide": page.decide,
    }.items():
        blueprint.add_url_rule(f"/{name}", name, _with_form_token(page, view), methods=["POST"])
    blueprint.after_request(_guarded)
    return blueprint


class _Page:
    def __init__(self, server: OpenIDServer) -> None:
        self._server = server
        self._attempts = PasswordAttempts()

    def show(self) -> Any:
        """Show the step that comes next for the code in the address."""
        typed = request.args.get("user_code", "")
        return self.ask_code() if not typed else self._next(typed)

    def enter(self) -> Any:
        """Take a typed code."""
        return self._to(request.form.get("user_code", ""))

    def sign_in(self) -> Any:
        """Take user name and password."""
        typed = request.form.get("user_code", "")
        name = request.form.get("username", "")
        if not self._attempts.may_try(name):
            return self._next(typed, problem=_TOO_FAST, status=429)
        user = self._server.person_of_login(name)
        password = request.form.get("password", "").encode()
        # Compared even for an unknown name, so that the time does not tell which names exist.
        right = hmac.compare_digest((user.password if user else "").encode(), password)
        if user is None or not right:
            return self._next(typed, problem=_WRONG_LOGIN, status=403)
        self._attempts.succeeded(name)
        session["subject"] = user.subject
        return self._to(typed)

    def sign_out(self) -> Any:
        """Forget who is signed in here."""
        session.pop("subject", None)
        return self._to(request.form.get("user_code", ""))

    def decide(self) -> Any:
        """Take the decision."""
        code, user = self._code(request.form.get("user_code", "")), self._user()
        if code is None:
            return self.ask_code(problem=_NO_SUCH_CODE, status=404)
        if user is None:
            return self._to(code.user_code)
        approved = request.form.get("decision") == "approve"
        if not self._server.codes.decide(code, user.subject, approved=approved):
            return self.ask_code(problem=_CODE_OVER, status=410)
        return self._render("done.html", approved=approved, user=user)

    def ask_code(self, *, problem: str = "", status: int = 200) -> Any:
        """Show the form for the code."""
        typed = request.values.get("user_code", "")
        return self._render("code.html", typed=typed, problem=problem), status

    def _next(self, typed: str, *, problem: str = "", status: int = 200) -> Any:
        code, user = self._code(typed), self._user()
        if code is None:
            return self.ask_code(problem=_NO_SUCH_CODE, status=404)
        if code.is_expired() or code.subject is not None:
            return self.ask_code(problem=_CODE_OVER, status=410)
        if user is None:
            known = {"people": self._server.people, "typed": request.form.get("username", "")}
            return self._render("sign_in.html", code=code, problem=problem, **known), status
        client = self._server.client(code.client_id)
        asked = [SCOPES[one] for one in SCOPES if one in code.scope.split()]
        return self._render("decide.html", code=code, user=user, client=client, asked=asked), status

    def _code(self, typed: str) -> DeviceCode | None:
        return self._server.codes.by_user_code(typed)

    def _user(self) -> DemoUser | None:
        return self._server.person(session.get("subject", ""))

    def _to(self, typed: str) -> Any:
        return redirect(url_for("approval.show", user_code=typed), 303)

    def _render(self, template: str, **values: Any) -> str:
        if "form_token" not in session:
            session["form_token"] = secrets.token_urlsafe(24)
        return render_template(template, form_token=session["form_token"], **values)


def _with_form_token(page: _Page, view: Any) -> Any:
    def checked() -> Any:
        wanted = session.get("form_token", "")
        given = request.form.get("form_token", "")
        if not wanted or not hmac.compare_digest(wanted.encode(), given.encode()):
            return page.ask_code(problem=_STALE_FORM, status=400)
        return view()

    return checked


def _guarded(response: Any) -> Any:
    response.headers.update(_HEADERS)
    return response
