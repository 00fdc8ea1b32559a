"""`bayplan plan`: what is decided beside placements: which cluster a server is in, which site answers whom."""

from __future__ import annotations

import typer

from api.cli.plan import clusters, serving
from api.cli.terminal import add, examples

plan = typer.Typer(
    no_args_is_help=True,
    help="Plan Kubernetes clusters, and which sites answer which users.",
    epilog=examples(
        ("bayplan plan clusters world", "which cluster each site's servers belong to"),
        ("bayplan plan serving world --application acme/web", "who answers the users of each province and carrier"),
    ),
)
add(plan, "clusters", clusters.clusters, clusters.EXAMPLES)
add(plan, "serving", serving.serving, serving.EXAMPLES)
