"""Single sign-on by OpenID Connect, against an issuer that really answers: discovery, token, userinfo."""

import json
import secrets
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from django.test import Client
from django.urls import reverse

from hengtan.web.accounts.models import User
from hengtan.web.configuration import Configuration, MisconfiguredError
from hengtan.web.organisations.roles import Role

KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)


class Issuer(ThreadingHTTPServer):
    """Says of whoever comes that he is ``claims``."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Answers)
        self.url = f"http://127.0.0.1:{self.server_port}"
        self.claims, self.asked = {}, []


class Answers(BaseHTTPRequestHandler):
    """The three addresses that are asked from behind."""

    def answer(self, told):
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(json.dumps(told).encode())

    def do_GET(self):
        url = self.server.url
        if self.path == "/.well-known/openid-configuration":
            self.answer({
                "issuer": url, "authorization_endpoint": f"{url}/authorize", "token_endpoint": f"{url}/token",
                "userinfo_endpoint": f"{url}/userinfo", "jwks_uri": f"{url}/jwks",
            })  # fmt: skip
        else:
            self.answer(self.server.claims)

    def do_POST(self):
        self.server.asked.append(parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode()))
        now = int(time.time())
        claims = {"iss": self.server.url, "aud": "hengtan", "iat": now, "exp": now + 60, **self.server.claims}
        token = jwt.encode(claims, KEY, "RS256")
        self.answer({"access_token": "t", "token_type": "Bearer", "id_token": token})

    def log_message(self, *_):
        pass


@pytest.fixture
def issuer(settings):
    server = Issuer()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    given = {"HENGTAN_OIDC_URL": server.url, "HENGTAN_OIDC_CLIENT_ID": "hengtan", "HENGTAN_OIDC_CLIENT_SECRET": "s",
             "HENGTAN_OIDC_NAME": "Yong River login"}  # fmt: skip
    settings.CONFIGURATION = Configuration.read(given)
    settings.SOCIALACCOUNT_PROVIDERS = settings.CONFIGURATION.sign_on()
    yield server
    server.shutdown()
    server.server_close()


def comes_back(client):
    """From the button to the issuer and back."""
    sent = client.post(reverse("openid_connect_login", kwargs={"provider_id": "sso"}))
    assert sent.status_code == 302, sent.content
    query = parse_qs(urlsplit(sent["Location"]).query)
    assert query["code_challenge_method"] == ["S256"] and "openid" in query["scope"][0]
    back = urlsplit(query["redirect_uri"][0]).path
    return client.get(back, {"code": secrets.token_hex(8), "state": query["state"][0]}, follow=True)


def who(email, **more):
    return {"sub": "u-1", "email": email, "email_verified": True, "name": "Li", **more}


def test_who_was_invited_comes_in_by_the_e_mail_that_the_issuer_verified(company, issuer):
    page = Client().get(reverse("account_login")).content.decode()
    assert "Yong River login" in page
    owner = company.people[Role.OWNER].user
    issuer.claims = who(owner.email)
    client = Client()
    answer = comes_back(client)
    assert answer.status_code == 200 and int(client.session["_auth_user_id"]) == owner.pk
    assert issuer.asked[0]["code_verifier"]
    issuer.claims = who("renamed@yong.example")  # the same person later, known by the issuer's id
    again = Client()
    comes_back(again)
    assert int(again.session["_auth_user_id"]) == owner.pk


@pytest.mark.parametrize(
    "claims",
    [who("nobody@elsewhere.example"), who("owner@yong.example", email_verified=False), {"sub": "u-2"}],
    ids=["a stranger", "an e-mail that is not verified", "no e-mail"],
)
def test_nobody_else_comes_in_and_no_account_is_made(company, issuer, claims):
    count = User.objects.count()
    issuer.claims = claims
    client = Client()
    comes_back(client)
    assert "_auth_user_id" not in client.session and User.objects.count() == count


def test_a_second_factor_is_asked_for_all_the_same(company, issuer):
    from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret

    owner = company.people[Role.OWNER].user
    TOTP.activate(owner, generate_totp_secret())
    issuer.claims = who(owner.email)
    client = Client()
    answer = comes_back(client)
    assert "_auth_user_id" not in client.session and "2fa" in answer.request["PATH_INFO"]


def test_an_answer_with_another_state_is_refused(company, issuer):
    issuer.claims = who(company.people[Role.OWNER].user.email)
    client = Client()
    client.post(reverse("openid_connect_login", kwargs={"provider_id": "sso"}))
    client.get(reverse("openid_connect_callback", kwargs={"provider_id": "sso"}), {"code": "c", "state": "forged"})
    assert "_auth_user_id" not in client.session


def test_without_an_issuer_there_is_no_button(client, db):
    assert 'id="sign_on"' not in client.get(reverse("account_login")).content.decode()
    assert client.get(reverse("openid_connect_login", kwargs={"provider_id": "sso"})).status_code == 404


@pytest.mark.parametrize(
    "given",
    [
        {
            "HENGTAN_OIDC_URL": "http://login.example.com",
            "HENGTAN_OIDC_CLIENT_ID": "a",
            "HENGTAN_OIDC_CLIENT_SECRET": "b",
        },
        {"HENGTAN_OIDC_URL": "https://login.example.com"},
        {"HENGTAN_OIDC_CLIENT_ID": "a", "HENGTAN_OIDC_CLIENT_SECRET": "b"},
    ],
)
def test_half_a_configuration_is_refused(given):
    with pytest.raises(MisconfiguredError, match="oidc_url"):
        Configuration.read(given)
