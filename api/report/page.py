"""The page: numbers from a result, put into the template."""

from __future__ import annotations

from importlib.resources import files

from jinja2 import Environment, PackageLoader, StrictUndefined

from api.report.charts import BARS, bars, matrix, scatter
from api.report.map import drawn, lost
from api.report.scale import BINS, label
from planner.whatif.compare import Comparison
from planner.whatif.result import JobResult


def page(result: JobResult, against: Comparison | None = None) -> str:
    """HTML with everything in it. against: the same scenarios of another run, which is `before` in it."""
    environment = Environment(
        loader=PackageLoader("api.report", ""),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["number"] = label
    done = [each for each in result.scenarios if each.score is not None]
    every = bars(done)
    return environment.get_template("page.html").render(
        result=result,
        map=drawn(result.base),
        bars=every[:BARS],
        more_bars=max(len(every) - BARS, 0),
        matrix=matrix(result),
        scatter=scatter(done),
        scenarios=sorted(done, key=lambda each: (-(each.score.refused_vcpu if each.score else 0), each.name)),
        failed=[each for each in result.scenarios if each.status == "failed"],
        lost={each.name: sites for each in done if (sites := lost(each))},
        against=against,
        bins=range(BINS),
        style=_text("style.css"),
        script=_text("script.js"),
    )


def _text(name: str) -> str:
    return files("api.report").joinpath(name).read_text("utf-8")
