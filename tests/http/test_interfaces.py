"""The interface as it is written down: complete, with examples that fit, and held under random requests."""

from __future__ import annotations

import jsonschema
import pytest
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

from actors import errors
from serve_apps.gateway import apps
from serve_apps.gateway.schemas import problems


def nothing():
    raise errors.Unavailable("no cast", "starting")


INTERFACE = apps.build(nothing).openapi()
OPERATIONS = [
    (method, path, operation) for path, methods in INTERFACE["paths"].items() for method, operation in methods.items()
]
IDS = [f"{method} {path}" for method, path, _ in OPERATIONS]


def check(instance, schema):
    registry = Registry().with_resource("urn:us", Resource(INTERFACE, DRAFT202012))
    absolute = {"$ref": f"urn:us{schema['$ref']}"} if "$ref" in schema else schema
    jsonschema.Draft202012Validator(absolute, registry=registry).validate(instance)


@pytest.mark.parametrize(("method", "path", "operation"), OPERATIONS, ids=IDS)
def test_every_route_documents_its_answers_and_errors(method, path, operation):
    assert operation["summary"]
    assert operation["description"]
    assert operation["tags"]
    statuses = set(operation["responses"])
    assert statuses & {"200", "201", "202"}
    if path != "/healthz":
        assert {"500", "503"} <= statuses
    for status, response in operation["responses"].items():
        if status == "default":
            assert response["content"]["application/json"]["schema"] == {"$ref": "#/components/schemas/ErrorBody"}
        elif int(status) >= 400:
            content = response["content"]["application/json"]
            assert content["schema"] == {"$ref": "#/components/schemas/ErrorBody"}
            problems.ErrorBody.model_validate(content["example"], strict=True)
            check(content["example"], content["schema"])
        elif status not in ("206", "304"):
            assert response["content"], f"{method} {path} {status} shows no body"


def test_fastapi_s_own_error_shape_is_nowhere():
    assert "HTTPValidationError" not in INTERFACE["components"]["schemas"]


@pytest.mark.parametrize("name", sorted(INTERFACE["components"]["schemas"]))
def test_every_example_fits_its_schema(name):
    schema = INTERFACE["components"]["schemas"][name]
    for example in schema.get("examples", []):
        check(example, {"$ref": f"#/components/schemas/{name}"})


@pytest.mark.parametrize(("method", "path", "operation"), OPERATIONS, ids=IDS)
def test_every_json_body_and_answer_has_an_example(method, path, operation):
    bodies = [operation["requestBody"]] if "requestBody" in operation else []
    for body in bodies + list(operation["responses"].values()):
        content = body.get("content", {}).get("application/json")
        if content is None:
            continue
        name = content["schema"]["$ref"].rpartition("/")[2]
        assert content.get("example") or INTERFACE["components"]["schemas"][name].get("examples"), name
