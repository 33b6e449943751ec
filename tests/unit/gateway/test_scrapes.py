"""Ray's exposition becomes ours: only our series, under our names, each family together."""

from __future__ import annotations

from prometheus_client import parser

from serve_apps.gateway import scrapes

NODE = """\
# HELP ray_consilium_http_requests_total Requests answered.
# TYPE ray_consilium_http_requests_total counter
ray_consilium_http_requests_total{Component="c",Version="2.60.0",WorkerId="a",otel_scope_name="x",route="/healthz"} 3.0
# HELP ray_node_cpu_count Number of CPUs.
# TYPE ray_node_cpu_count gauge
ray_node_cpu_count{SessionName="s"} 2.0
# HELP ray_consilium_http_seconds Time to the last byte.
# TYPE ray_consilium_http_seconds histogram
ray_consilium_http_seconds_bucket{WorkerId="a",le="0.1",otel_scope_schema_url="",route="/x"} 1.0
ray_consilium_http_seconds_bucket{WorkerId="a",le="+Inf",route="/x"} 2.0
ray_consilium_http_seconds_count{WorkerId="a",route="/x"} 2.0
ray_consilium_http_seconds_sum{WorkerId="a",route="/x"} 0.5
"""


def test_two_nodes_become_one_exposition_that_prometheus_can_parse() -> None:
    text = scrapes.ours([*NODE.splitlines(), *NODE.replace('"a"', '"b"').splitlines()])
    families = {family.name: family for family in parser.text_string_to_metric_families(text)}
    assert set(families) == {"consilium_http_requests", "consilium_http_seconds"}
    requests = families["consilium_http_requests"].samples
    assert [(sample.labels, sample.value) for sample in requests] == [
        ({"WorkerId": "a", "route": "/healthz"}, 3.0),
        ({"WorkerId": "b", "route": "/healthz"}, 3.0),
    ]
    assert text.count("# TYPE consilium_http_seconds histogram") == 1


def test_nothing_of_ours_is_an_empty_exposition() -> None:
    assert scrapes.ours(["# HELP ray_node_cpu_count x", 'ray_node_cpu_count{a="b"} 1.0']) == ""
