"""A client that leaves is no bug: its request has a problem that nobody reads, and the log says that it left."""

from __future__ import annotations

import json

from api.http.problems import problem


def test_the_problem_of_a_client_that_left_has_a_title() -> None:
    content = json.loads(bytes(problem(499, "client.gone", "the client closed the connection").body))
    assert (content["status"], content["title"]) == (499, "Client Closed Request")
