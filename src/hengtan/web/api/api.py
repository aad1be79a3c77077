"""The whole API: what is mounted where, and how every refusal is said."""

from __future__ import annotations

import logging
import secrets
from typing import Any

from django.core.exceptions import PermissionDenied, RequestDataTooBig, ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from ninja import NinjaAPI, Swagger
from ninja import errors as ninja_errors

from hengtan import __version__
from hengtan.problems import HengtanError
from hengtan.problems import Problem as Wrong

from . import (
    about,
    asset_files,
    assets,
    audit,
    boundary,
    changes,
    claims,
    collection,
    compliance,
    data,
    evidence,
    evidence_months,
    figures,
    gaps,
    library,
    notices,
    own,
    people,
    quality,
    reconciliation,
    reports,
    results,
    retirements,
    sectors,
    sources,
    webhooks,
)
from .door import Bearer, Said
from .wire import told

log = logging.getLogger("hengtan.web")
ABOUT = """What the pages do, for programs.

Send `Authorization: Bearer TOKEN`; a token is made under *Settings, API tokens*, belongs to one person in one organisation and
never does more than that person may. `Accept-Language: zh` or `en` chooses the language of what is said.

Every refusal has the form `{"problems": [{"code", "reason", "mend", ...}]}`; codes do not change. Lists give `next`, the cursor of
the next page. A call that writes may carry an `Idempotency-Key`: sent again, it is answered as before and does nothing.
Masses are kg CO2e as decimal text, so that no digit is lost.
"""

api = NinjaAPI(
    title="hengtan",
    version="1",
    description=ABOUT,
    urls_namespace="api-1",
    auth=Bearer(),
    docs=Swagger(settings={"persistAuthorization": False, "validatorUrl": None}),
)
api.add_router("", about.router)
api.add_router("", people.router)
api.add_router("", boundary.router)
api.add_router("", data.router)
api.add_router("", gaps.router)
api.add_router("", results.router)
api.add_router("", figures.router)
api.add_router("", changes.router)
api.add_router("", reports.router)
api.add_router("", audit.router)
api.add_router("", sectors.router)
api.add_router("", reconciliation.router)
api.add_router("", compliance.router)
api.add_router("", quality.router)
api.add_router("", evidence_months.router)
api.add_router("", assets.router)
api.add_router("", asset_files.router)
api.add_router("", retirements.router)
api.add_router("", claims.router)
api.add_router("", library.router)
api.add_router("", own.router)
api.add_router("", webhooks.router)
api.add_router("", sources.router)
api.add_router("", notices.router)
api.add_router("", collection.router)
api.add_router("", evidence.router)


def _says(request: HttpRequest, status: int, *problems: Wrong) -> HttpResponse:
    answer = api.create_response(request, {"problems": [told(each) for each in problems]}, status=status)
    answer["X-Hengtan-Version"] = __version__
    return answer


@api.exception_handler(Said)
def _said(request: HttpRequest, fault: Said) -> HttpResponse:
    answer = _says(request, fault.status, *fault.problems)
    for name, value in fault.headers.items():
        answer[name] = value
    return answer


@api.exception_handler(ninja_errors.AuthenticationError)
def _unknown(request: HttpRequest, fault: Exception) -> HttpResponse:
    answer = _says(request, 401, Wrong("call.token-unknown"))
    answer["WWW-Authenticate"] = "Bearer"
    return answer


@api.exception_handler(ninja_errors.ValidationError)
def _form(request: HttpRequest, fault: ninja_errors.ValidationError) -> HttpResponse:
    return _says(
        request, 422, *(_field([str(part) for part in each["loc"]], str(each["msg"])) for each in fault.errors)
    )


def _field(place: list[str], why: str) -> Wrong:
    """body, given, floor_area_m2 -> floor_area_m2."""
    parts = [part for part in place if part not in ("body", "query", "path", "given", "paging", "wanted")]
    return Wrong("call.body", column=".".join(parts), values={"field": ".".join(parts) or "body", "why": why})


@api.exception_handler(ninja_errors.HttpError)
def _http(request: HttpRequest, fault: ninja_errors.HttpError) -> HttpResponse:
    return _says(request, fault.status_code, Wrong("call.body", values={"field": "body", "why": str(fault)}))


@api.exception_handler(ValidationError)
def _refused(request: HttpRequest, fault: ValidationError) -> HttpResponse:
    if hasattr(fault, "error_dict"):
        fields = [
            Wrong(
                "call.body",
                column="" if name == "__all__" else name,
                values={"field": name.strip("_"), "why": str(why)},
            )
            for name, faults in fault.message_dict.items()
            for why in faults
        ]
        return _says(request, 422, *fields)
    return _says(request, 422, *(Wrong("call.refused", values={"why": str(why)}) for why in fault.messages))


@api.exception_handler(HengtanError)
def _wrong(request: HttpRequest, fault: HengtanError) -> HttpResponse:
    return _says(request, 422, *fault.problems)


@api.exception_handler(Http404)
def _none(request: HttpRequest, fault: Http404) -> HttpResponse:
    return _says(request, 404, Wrong("call.not-there"))


@api.exception_handler(PermissionDenied)
def _denied(request: HttpRequest, fault: PermissionDenied) -> HttpResponse:
    roles = ", ".join(str(role) for role in getattr(fault, "roles", []))
    return _says(request, 403, Wrong("call.role", values={"roles": roles}))


@api.exception_handler(RequestDataTooBig)
def _large(request: HttpRequest, fault: Exception) -> HttpResponse:
    return _says(request, 413, Wrong("call.too-large", values={"most": "2.5"}))


@api.exception_handler(Exception)
def _fault(request: HttpRequest, fault: Any) -> HttpResponse:
    reference = secrets.token_hex(4)
    log.error("fault %s at %s", reference, request.path, exc_info=fault)
    return _says(request, 500, Wrong("call.fault", values={"reference": reference}))
