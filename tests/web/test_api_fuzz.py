"""Every operation of the API is called with what its description allows, and with what it does not: schemathesis."""

import pytest
import requests
import schemathesis
from django.test import Client
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.core.transport import Response
from schemathesis.specs.openapi.checks import response_schema_conformance, status_code_conformance

from hengtan.web.api.models import Scope
from hengtan.web.organisations.roles import Role

from .test_api import Caller

EXAMPLES = 6  # of each operation


def operations(client):
    told = client.get("/api/v1/openapi.json").json()
    schema = schemathesis.openapi.from_dict(told)
    schema.config.generation.update(modes=list(schemathesis.GenerationMode))
    return [each.ok() for each in schema.get_all_operations()]


def as_response(answer, request):
    """What Django's client was answered, as schemathesis reads it."""
    content = b"".join(answer.streaming_content) if answer.streaming else answer.content
    headers = {name.lower(): [value] for name, value in answer.items()}
    return Response(answer.status_code, headers, content, request, 0.0, verify=False)


@pytest.mark.parametrize("role", [Role.OWNER, pytest.param(Role.VIEWER, marks=pytest.mark.long)])
def test_no_call_is_answered_with_what_the_description_does_not_say(company, role):
    caller = Caller(company.people[role], [scope.value for scope in Scope])
    found = operations(Client())
    assert len(found) > 40

    for operation in found:
        call(caller, operation)


def call(caller, operation):
    """As schemathesis makes calls of it."""

    @settings(
        max_examples=EXAMPLES, deadline=None, database=None, phases=[Phase.generate], derandomize=True,
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(st.data())
    def calls(data):
        case = data.draw(operation.as_strategy())
        request = requests.Request(**case.as_transport_kwargs(base_url="http://testserver")).prepare()
        headers = {k: v for k, v in request.headers.items() if k.lower() not in ("authorization", "content-length")}
        body = request.body or b""
        answer = caller.client.generic(
            request.method, request.url.removeprefix("http://testserver"),
            body.encode() if isinstance(body, str) else body,
            content_type=headers.pop("Content-Type", "application/json"),
            headers={**headers, "Authorization": f"Bearer {caller.text}"},
        )  # fmt: skip
        assert answer.status_code < 500, (request.method, request.url, body, answer.content)
        case.validate_response(
            as_response(answer, request), checks=[status_code_conformance, response_schema_conformance]
        )

    calls()
