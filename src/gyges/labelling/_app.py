"""The page: a start where one gives a name, a sheet a transcript, and the two things that are written."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from gyges.errors import InputError, RunError
from gyges.labelling._guard import Guard
from gyges.labelling._sheet import clean, view_parts, view_questions
from gyges.labelling._sitting import Sitting, Spot, check_name

TEMPLATES = Path(__file__).parent / "templates"
_MAX_BODY = 10_000


def make_app(sitting: Sitting, *, token: str, csrf: str, hosts: Sequence[str], labeller: str = "") -> ASGIApp:
    """Make the web application of a sitting.

    Args:
        sitting: What is asked, and what has been said.
        token: The secret first part of every path.
        csrf: The secret that writing requests name.
        hosts: What `Host` may be, with the port.
        labeller: Who is labelling; empty: the start page asks.
    """
    page = _Page(sitting, csrf=csrf, labeller=labeller)
    routes = [
        Route("/", page.start, methods=["GET"]),
        Route("/sheet/{number:int}", page.sheet, methods=["GET"]),
        Route("/answer", page.answer, methods=["POST"]),
        Route("/undo", page.undo, methods=["POST"]),
        Route("/page.css", _serve_style, methods=["GET"]),
        Route("/page.js", _serve_script, methods=["GET"]),
    ]
    app = Starlette(routes=routes, exception_handlers={InputError: _say_problem, RunError: _say_problem})
    return Guard(app, token=token, csrf=csrf, hosts=hosts)


@lru_cache(maxsize=1)
def _open_templates() -> Environment:
    return Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_finalize,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _finalize(value: Any) -> Any:
    return clean(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _serve_style(request: Request) -> Response:  # noqa: ARG001 - a route's signature
    return FileResponse(TEMPLATES / "page.css", media_type="text/css")


def _serve_script(request: Request) -> Response:  # noqa: ARG001 - a route's signature
    return FileResponse(TEMPLATES / "page.js", media_type="text/javascript")


def _say_problem(request: Request, problem: Exception) -> Response:  # noqa: ARG001 - a handler's signature
    # What is wrong with the folder is the server's fault, everything else the request's.
    return JSONResponse({"problem": str(problem)}, 500 if isinstance(problem, RunError) else 400)


class _Page:
    def __init__(self, sitting: Sitting, *, csrf: str, labeller: str) -> None:
        self._sitting = sitting
        self._csrf = csrf
        self._labeller = labeller

    def _render(self, name: str, request: Request, **values: Any) -> str:
        root = request.scope["root_path"]
        return _open_templates().get_template(name).render(root=root, csrf=self._csrf, **values)

    def start(self, request: Request) -> Response:
        """Ask for a name, or lead to the first question that is open."""
        query = request.query_params
        given = query.get("as", "" if "choose" in query else self._labeller)
        problem = ""
        if given:
            try:
                name = check_name(given)
            except InputError as wrong:
                problem = str(wrong)
            else:
                spot = self._sitting.find_open(name)
                if spot is not None:
                    return RedirectResponse(_address(request, spot, name), 303)
                problem = f"{name}: every question is answered. Thank you."
        text = self._render(
            "start.html.j2",
            request,
            problem=problem,
            labellers=self._sitting.list_labellers(),
            n_sheets=len(self._sitting.sheets),
        )
        return HTMLResponse(text)

    def sheet(self, request: Request) -> Response:
        """Show a transcript and its questions."""
        index = int(request.path_params["number"]) - 1
        if not 0 <= index < len(self._sitting.sheets):
            raise HTTPException(404)
        labeller = check_name(request.query_params.get("as", ""))
        trial, tasks = self._sitting.sheets[index]
        mine, progress = self._sitting.view(labeller)
        conversation = self._sitting.read(trial)
        questions = view_questions(tasks, conversation, items=self._sitting.items, mine=mine)
        first = next((i for i, each in enumerate(questions) if not each.is_answered), 0)
        text = self._render(
            "sheet.html.j2",
            request,
            labeller=labeller,
            index=index,
            n_sheets=len(self._sitting.sheets),
            progress=progress,
            parts=view_parts(conversation),
            questions=questions,
            first=_read_place(request, default=first, n=len(questions)),
        )
        return HTMLResponse(text, background=BackgroundTask(self._read_ahead, index + 1))

    def _read_ahead(self, index: int) -> None:
        if index < len(self._sitting.sheets):
            self._sitting.read(self._sitting.sheets[index][0])

    async def answer(self, request: Request) -> Response:
        """Save an answer, then say so."""
        content = await _read_body(request)
        labeller, spot = (
            check_name(_text(content, "as")),
            Spot(_whole(content, "sheet"), _whole(content, "question")),
        )
        value = _text(content, "value")
        progress = await run_in_threadpool(self._sitting.answer, labeller, spot, value)
        following = await run_in_threadpool(self._sitting.find_open, labeller, after=spot.sheet)
        return JSONResponse(
            {**progress._asdict(), "next": following and _address(request, following, labeller)}
        )

    async def undo(self, request: Request) -> Response:
        """Take the last answer back, then say which it was."""
        content = await _read_body(request)
        labeller = check_name(_text(content, "as"))
        spot, before, progress = await run_in_threadpool(self._sitting.undo, labeller)
        where: dict[str, Any] = {}
        if spot is not None:
            where = {**spot._asdict(), "value": before, "address": _address(request, spot, labeller)}
        return JSONResponse({**progress._asdict(), **where})


def _address(request: Request, spot: Spot, labeller: str) -> str:
    root = request.scope["root_path"]
    return f"{root}/sheet/{spot.sheet + 1}?as={quote(labeller, safe='')}&q={spot.question + 1}"


def _read_place(request: Request, *, default: int, n: int) -> int:
    asked = request.query_params.get("q", "")
    if asked == "last":
        return n - 1
    return int(asked) - 1 if asked.isdecimal() and 1 <= int(asked) <= n else default


async def _read_body(request: Request) -> dict[str, Any]:
    body = b""
    async for piece in request.stream():
        body += piece
        if len(body) > _MAX_BODY:
            raise HTTPException(413)
    try:
        content = json.loads(body)
    except ValueError:
        raise HTTPException(400) from None
    if not isinstance(content, dict):
        raise HTTPException(400)
    return content


def _text(content: dict[str, Any], field: str) -> str:
    value = content.get(field)
    if not isinstance(value, str):
        raise HTTPException(400)
    return value


def _whole(content: dict[str, Any], field: str) -> int:
    value = content.get(field)
    if not isinstance(value, int) or isinstance(value, bool):
        raise HTTPException(400)
    return value
