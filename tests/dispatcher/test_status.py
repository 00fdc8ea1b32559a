"""What is said of an application, and which applications belong together."""

from __future__ import annotations

from typing import Any

from dispatcher.families import asked, families, root, spec_digest, wanted
from dispatcher.names import DIGEST
from dispatcher.status import Said, SiteCount, conditions, phase, progress, reason, refusal, short
from planner.manifests.application import Application
from planner.manifests.delivery import DELIVERY


def app(name: str, master: str = "", **spec: Any) -> dict[str, Any]:
    more = {"master": {"application": master, "perSite": 1}} if master else {"demand": [{"instances": 2}]}
    usual = {"runtime": "container", "resources": {"cpu": 1}}
    return {"metadata": {"name": name, "namespace": "acme"}, "spec": {**usual, **more, **spec}}


def test_families_are_found_from_any_member() -> None:
    known = {
        f"acme/{each['metadata']['name']}": each for each in (app("log", "fn"), app("fn"), app("sub", "log"), app("x"))
    }
    assert {root(name, known) for name in ("acme/log", "acme/sub", "acme/fn")} == {"acme/fn"}
    assert families(known)["acme/fn"] == ["acme/fn", "acme/log", "acme/sub"]
    assert root("acme/lost", {"acme/lost": app("lost", "gone")}) == "acme/gone"


def test_masters_in_a_circle_end() -> None:
    known = {"acme/a": app("a", "b"), "acme/b": app("b", "a")}
    assert root("acme/a", known) in known


def test_what_is_delivered_needs_no_new_plan() -> None:
    before = app("x", image="a:1")
    assert spec_digest(before) == spec_digest(app("x", image="a:2", env={"A": "b"}))
    assert spec_digest(before) != spec_digest(app("x", image="a:1", priority=3))


def test_the_dispatcher_and_the_manifests_agree_on_what_is_delivery() -> None:
    from dispatcher.families import DELIVERY as DELIVERED

    assert set(DELIVERED) == set(DELIVERY)


def test_the_books_take_what_is_asked() -> None:
    made = Application.model_validate(asked(app("x", image="a:1")))
    assert made.metadata.annotations[DIGEST] == spec_digest(app("x"))
    assert wanted([app("x")]) == 2
    assert wanted([app("x", "fn")]) is None


def test_the_phase_is_the_first_thing_that_is_not_so() -> None:
    sites = [SiteCount("gz", "south", 3, made=3, bound=2, ready=1)]
    said = [Said("Planned", True, "Planned"), *progress(sites)]
    assert [(each.type, each.status) for each in said][1:] == [("Delivered", True), ("Bound", False), ("Ready", False)]
    assert phase(said) == "Binding"
    assert phase([Said("Planned", False, "CapacityExceeds"), *said[1:]]) == "CapacityExceeds"
    assert phase([Said("Planned", True, "Planned"), *progress([SiteCount("gz", "south", 1, 1, 1, 1)])]) == "Ready"


def test_a_site_in_trouble_is_named() -> None:
    delivered, *_ = progress([SiteCount("gz", "south", 3, trouble="cluster south: refused")])
    assert (delivered.status, delivered.message) == (False, "gz: cluster south: refused")


def test_the_time_of_a_condition_is_that_of_its_change() -> None:
    first = conditions([], [Said("Ready", False, "InProgress", "0 of 2")], 1, "10:00")
    second = conditions(first, [Said("Ready", False, "InProgress", "1 of 2")], 1, "10:05")
    third = conditions(second, [Said("Ready", True, "Ready", "2 of 2")], 2, "10:09")
    assert [each[0]["lastTransitionTime"] for each in (first, second, third)] == ["10:00", "10:00", "10:09"]
    assert third[0]["observedGeneration"] == 2


def test_a_refusal_reads_line_by_line() -> None:
    text = refusal("cpu 30 missing", "2027-01-01T00:00:00Z", ["a asks for 40"], ["a: 10 instances instead of 40"])
    assert text.splitlines() == [
        "cpu 30 missing",
        "room is known to be free from 2027-01-01T00:00:00Z on",
        "cannot all be true:",
        "- a asks for 40",
        "with each of these it fits, solved again and checked:",
        "1. a: 10 instances instead of 40",
    ]
    assert reason("capacity.exceeds") == "CapacityExceeds"
    assert len(short("x" * 5000)) == 1024
