"""`POST /v1/solve`: place applications; over the books the plan is kept by its name, or booked at once."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Literal, TypeVar, cast

from fastapi import APIRouter, Request, Response
from pydantic import Field

from api.http.access import acts_for, may, needs, tenants_in
from api.http.context import Call, Context
from api.http.examples import SOLVE
from api.http.lanes import for_a_plan
from api.http.limits import instances_within
from api.http.openapi import body
from api.http.problems import ProblemDetails, Refused
from api.http.refusals import REFUSALS
from api.http.searches import begun, later
from api.workers.desk import Desk
from api.workers.worker import Together, Work
from planner.inventory.snapshot import Snapshot
from planner.ledger import commit
from planner.ledger import refused as ledger
from planner.ledger.answer import Booked, once, remembered, told
from planner.ledger.refused import Stale
from planner.ledger.together import Order, commit_together
from planner.manifests.application import Application
from planner.manifests.documents import Source
from planner.manifests.errors import InputProblem, InvalidInput
from planner.manifests.manifest import Manifest
from planner.manifests.references import validate
from planner.manifests.validation import parse
from planner.plans.plan import Plan, SolveOptions
from planner.plans.solve import solve


class SolveRequest(Manifest):
    """Applications to place, and how to search."""

    applications: list[Application] = Field(min_length=1)
    options: SolveOptions = SolveOptions()


class BookRequest(SolveRequest):
    """Applications to place, how to search, and whether to book the plan at once."""

    commit: Literal["never", "auto"] = Field("never", description="auto: book the plan, all of it or nothing.")
    retry: int = Field(3, ge=0, le=100, description="Plan again after so many lost races.")


Asked = TypeVar("Asked", bound=SolveRequest)
ERRORS: dict[int | str, dict[str, Any]] = {
    422: {"model": ProblemDetails, "description": "The applications or options cannot be used: all that is wrong."},
    503: {"model": ProblemDetails, "description": "Too many requests wait, or a worker was lost: ask again."},
}


def router(context: Context) -> APIRouter:
    routes = APIRouter(tags=["plans"])

    @routes.post(
        "/v1/solve",
        operation_id="solve",
        summary="Place applications, exact to the server",
        response_model=Plan,
        response_model_exclude_none=True,
        responses=REFUSALS if context.books else ERRORS,
        openapi_extra=body(BookRequest if context.books else SolveRequest, SOLVE),
        dependencies=[needs()],
    )
    async def solve_applications(request: Request) -> Response:
        """What does not fit is part of the answer (`unplaced`, with the reason), not an error. Every objective comes
        with a bound: `gap` says how far from the best plan this one may be. Over the books the plan is kept under its
        name, and with `commit: auto` the answer is what was booked. With `Prefer: respond-async` the answer is 202 at
        once, and `Location` says where the plan will be and how it goes."""
        call = await context.call(request)
        lane, tenant, where = for_a_plan(call.content, call.caller, context.books)
        if later(request.headers):
            make = book_later if context.books else place_later
            return await begun(context, "plan", call, checked, make, lane)
        together = Together(book_together, where) if lane == "book" else None
        return await context.answer(request, call, book if context.books else place, lane, tenant, together)

    return routes


def place(call: Call, desk: Desk) -> str:
    """On a world: the JSON of a plan. Raises InvalidInput, Refused for what is no JSON, GivenUp when nobody waits."""
    asked, now = asked_of(SolveRequest, call, desk)
    return _json(desk.planned(solve(now, asked.applications, asked.options, desk.goes_on)))


def place_later(call: Call, desk: Desk) -> str:
    return f'{{"plan":{place(call, desk)}}}'


def book(call: Call, desk: Desk) -> str:
    """On the books: the JSON of a plan, or of what was booked. Raises as `place` does, and what the books refuse."""
    books, by = desk.books, call.by
    with books.still():  # one look is enough: what is booked compares generations
        asked, _ = asked_of(BookRequest, call, desk)
        if asked.commit == "never":
            return _json(desk.planned(commit.plan(books, asked.applications, asked.options, by, desk.goes_on).plan))

        def booked() -> Booked:
            return desk.booked(
                commit.commit(books, asked.applications, asked.options, by, retries=asked.retry, show=desk.goes_on)
            )

        return _text(once(books, by, booked))


def book_together(works: Sequence[Work], desk: Desk) -> list[Any]:
    """Many that book, at once: what `book` answers to each, or the error that it raises."""
    calls = [cast("partial[str]", work).args[0] for work in works]
    found: dict[int, Any] = {}
    with desk.books.still():  # one look is enough: what is booked compares generations
        orders = _orders(calls, desk, found)
        booked = commit_together(desk.books, list(orders.values()), desk.goes_on, desk.committing, desk.next)
    for (number, order), outcome in zip(orders.items(), booked, strict=True):
        if isinstance(outcome, Booked):
            desk.booked(outcome)
        again = remembered(desk.books, order.by) if isinstance(outcome, ledger.Refused) and order.by.key else None
        found[number] = _text(again) if again else outcome if isinstance(outcome, Exception) else _text(told(outcome))
    for number, call in enumerate(calls):
        if number not in found:
            found[number] = _tried(partial(book, call, desk))
    return [found[number] for number in range(len(calls))]


def _orders(calls: Sequence[Call], desk: Desk, found: dict[int, Any]) -> dict[int, Order]:
    """By number. found: of those that are answered, or refused, already; a key that comes again is left for later."""
    orders, keys = dict[int, Order](), set[str]()
    for number, call in enumerate(calls):
        asked = _tried(partial(asked_of, BookRequest, call, desk))
        if isinstance(asked, Exception):
            found[number] = asked
            continue
        request, by = asked[0], call.by
        if request.commit == "never" or by.key in keys:
            continue
        if by.key is not None:
            keys.add(by.key)
            if before := _tried(partial(remembered, desk.books, by)):
                found[number] = before if isinstance(before, Exception) else _text(before)
                continue
        orders[number] = Order(tuple(request.applications), request.options, by, request.retry)
    return orders


def _tried(do: Callable[[], Any]) -> Any:
    try:
        return do()
    except Exception as error:
        return error


def _text(answer: dict[str, Any]) -> str:
    return json.dumps(answer, ensure_ascii=False)


def book_later(call: Call, desk: Desk) -> str:
    """Plan, and book unless somebody stops it meanwhile: then the plan is what there is."""
    books, by = desk.books, call.by
    asked, _ = asked_of(BookRequest, call, desk)
    for tried in range(asked.retry + 1):
        made = desk.planned(commit.plan(books, asked.applications, asked.options, by, desk.goes_on).plan)
        if asked.commit == "never" or desk.stopped():
            break
        try:
            answer = once(books, by, partial(commit.commit_plan, books, made.plan, by))
            return f'{{"booking":{_text(answer)}}}'
        except Stale:
            if tried == asked.retry:
                raise
    return f'{{"plan":{_json(made)}}}'


def checked(call: Call, desk: Desk) -> tuple[str, ...]:
    """The tenants that it is about. Raises what is wrong with the request."""
    asked, _ = asked_of(BookRequest if desk.seen().books else SolveRequest, call, desk)
    return tuple(sorted({each.metadata.namespace for each in asked.applications}))


def decoded(content: bytes) -> Any:
    """Raises Refused for what is no JSON."""
    try:
        return json.loads(content)
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise Refused(400, "request.malformed", f"found no JSON at {where}: {error.msg.lower()}") from error
    except (UnicodeDecodeError, RecursionError) as error:
        raise Refused(400, "request.malformed", "found bytes that are no JSON in UTF-8") from error


def asked_of(model: type[Asked], call: Call, desk: Desk) -> tuple[Asked, Snapshot]:
    """With what it is asked on, as the caller may see it. Raises Refused for tenants that the caller is not for, for a
    scope that it has not, and for too many instances; InvalidInput when the applications do not go with each other, or
    with the inventory; over a world nothing is booked, so no name may be there already."""
    asked, now = parse(model, decoded(call.content), Source("request")), desk.snapshot(call.caller.tenants)
    acts_for(call.caller, tenants_in(asked.applications))
    if model in (SolveRequest, BookRequest):
        may(call.caller, "book" if getattr(asked, "commit", "never") == "auto" else "plan")
    instances_within(call.instances, asked.applications, len(now.inventory.sites))
    again = [] if desk.seen().books else taken(now, asked.applications)
    if problems := [*again, *validate(asked.applications, now.inventory, now.applications)]:
        raise InvalidInput(problems)
    return asked, now


def _json(plan: Plan) -> str:
    return plan.model_dump_json(by_alias=True, exclude_none=True)


def taken(snapshot: Snapshot, applications: Sequence[Application]) -> list[InputProblem]:
    """Names that run already."""
    return [
        InputProblem(
            "request", None, f"applications[{row}].metadata.name", f"'{each.id}', which runs already", "a new name"
        )
        for row, each in enumerate(applications)
        if each.id in snapshot.applications
    ]
