"""Everything that people read is there in Chinese and in English."""

import re
import sys

import pytest
from django.utils import translation

from hengtan.web.accounts.models import User
from hengtan.web.organisations.roles import Role
from house.house import ROOT

sys.path.insert(0, str(ROOT / "scripts"))
import catalogues

WEB = ROOT / "src/hengtan/web"
TEMPLATES = sorted(WEB.rglob("*.html"))
CODE = sorted(path for path in WEB.rglob("*.py") if "migrations" not in path.parts and path.stem != "apps")
TAG = re.compile(r"\{%.*?%\}|\{\{.*?\}\}|\{#.*?#\}|<!--.*?-->", re.S)
BLOCK = re.compile(r"\{%\s*blocktrans(?:late)?\b.*?\{%\s*endblocktrans(?:late)?\s*%\}", re.S)
ATTRIBUTES = re.compile(r"""\b(?:title|alt|placeholder|aria-label)=["']([^"'{]*)["']""")
NAMES = {
    "hengtan",
    "m²",
    "m",
    "CSV",
    "XLSX",
    "PNG",
    "SVG",
    "JSON",
    "YAML",
    "URL",
    "GWP",
    "CCER",
    "MWh",
    "t",
    "kg",
    "tCO₂e",
    "kgCO₂e",
    "CO₂e",
    "run",
    "json",
    "sha256",
    "verify",
    "--vkey",
    "vkey",
    "KEY",
    "HTTP",
    "UTC",
    "ms",
}  # the same in both languages
LATIN_ALLOWED = re.compile(
    r"hengtan|English|EN|CSV|KB|MB|JSON|ZIP|Webhook|Yong River Works|yong|\w+@[\w.]+|\w+ Yong|CN-\d+|UTC|[A-Z][A-Za-z_]+/[\w/+-]+|Ontario|GB|CNY_2025|FTE|m2|\bt\b|m²|"
    r"plant|group|division|--org|calculate|WebAuthn|QR|Asia|testserver|[0-9A-Z]{32}|CA-ON|Germany|JavaScript|\b[A-Z]Y\b",
    re.I,
)


@pytest.mark.parametrize("po", catalogues.CATALOGUES, ids=lambda po: po.parents[3].name)
def test_every_sentence_has_a_chinese_one_with_the_same_gaps(po):
    found, kept = catalogues.gathered(po), catalogues.kept(po)
    for message in found:
        if not message.id:
            continue
        ours = kept.get(message.id, message.context)
        assert ours is not None and catalogues.translated(ours.string), message.id
        ids = message.id if isinstance(message.id, tuple) else (message.id,)
        strings = ours.string if isinstance(ours.string, tuple) else (ours.string,)
        gaps = set(re.findall(r"%\(\w+\)s|%d", ids[-1]))
        assert all(set(re.findall(r"%\(\w+\)s|%d", string)) == gaps for string in strings), message.id
        assert "fuzzy" not in ours.flags, message.id


@pytest.mark.parametrize("po", catalogues.CATALOGUES, ids=lambda po: po.parents[3].name)
def test_no_sentence_of_a_catalogue_is_out_of_use(po):
    found = {str(message.id) for message in catalogues.gathered(po)}
    assert [message.id for message in catalogues.kept(po) if str(message.id) not in found] == []


@pytest.mark.parametrize("po", catalogues.CATALOGUES, ids=lambda po: po.parents[3].name)
def test_a_compiled_catalogue_is_that_of_its_source(po):
    assert po.with_suffix(".mo").read_bytes() == catalogues.compiled(po)


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.stem)
def test_a_template_holds_no_word_that_is_not_marked(path):
    source = re.sub(r"\{% block width %\}\w+\{% endblock %\}", "", path.read_text("utf-8"))
    text = TAG.sub(" ", BLOCK.sub(" ", source))
    shown = re.sub(r"<script.*?</script>|<[^>]+>", " ", text, flags=re.S)
    words = [word for word in re.findall(r"[A-Za-z\u4e00-\u9fff][\w²-]*", shown) if word not in NAMES]
    assert words == []
    assert [
        value for value in ATTRIBUTES.findall(text) if re.search(r"[A-Za-z]{2}", value) and value not in NAMES
    ] == []


@pytest.mark.parametrize("path", CODE, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_code_shows_people_nothing_that_is_not_marked(path):
    """What goes into messages, errors, labels and help stands in a marked string."""
    bare = re.compile(
        r"""(?:label|help_text|verbose_name|ValidationError\(|add_error\([^,]+,|messages\.\w+\(request,)\s*=?\s*f?["'][^"']"""
    )
    assert bare.findall(path.read_text("utf-8")) == []


PAGES = [
    "", "facilities/", "facilities/new/", "facilities/{plant}/", "facilities/{plant}/edit/", "facilities/{plant}/move/",
    "facilities/{plant}/denominators/new/", "units/", "units/new/", "units/{unit}/", "denominators/", "people/",
    "people/invite/", "people/{member}/", "settings/", "/account/me/", "/more/", "/account/2fa/", "/account/email/",
    "/account/password/change/", "/account/2fa/totp/activate/", "/account/2fa/webauthn/add/", "/organisations/new/", "/o/none/",
]  # fmt: skip


def in_chinese(company, page):
    address = page.format(plant=company.plants[0].pk, unit=company.group.pk, member=company.people[Role.VIEWER].pk)
    client = company.client()
    client.get("/")
    return client.get(address if address.startswith("/") else company.url(address), follow=True)


def latin(html):
    body = re.sub(r"<(script|style|svg|option)\b.*?</\1>", " ", html, flags=re.S)
    shown = re.sub(r"<[^>]+>", " ", body) + " ".join(re.findall(r'(?:placeholder|title|aria-label)="([^"]*)"', body))
    return list(re.findall(r"[A-Za-z]{2,}[\w'-]*", LATIN_ALLOWED.sub(" ", shown)))


@pytest.mark.parametrize("page", PAGES)
def test_a_page_in_chinese_holds_no_english(company, page):
    User.objects.update(language="zh-hans", is_operator=True)
    answer = in_chinese(company, page)
    html = answer.content.decode()
    assert '<html lang="zh-hans"' in html
    assert latin(html) == []


@pytest.mark.parametrize("page", PAGES)
def test_a_page_in_english_holds_no_chinese(company, page):
    User.objects.update(language="en", is_operator=True)
    html = in_chinese(company, page).content.decode()
    shown = re.sub(r"浙江|中文|中(?=</button>)|<option.*?</option>", "", html)
    assert re.findall(r"[\u4e00-\u9fff]+", shown) == []


def test_mistakes_are_told_in_chinese_too(company, client):
    User.objects.update(language="zh-hans")
    answer = company.client().post(
        company.url("facilities/new/"), {"share_pct": "x", "latitude": "91", "region": "Xyz"}
    )
    assert answer.status_code == 422
    assert latin(answer.content.decode().replace("Xyz", "")) == []
    wrong = client.post(
        "/account/login/", {"login": "a@b.example", "password": "x"}, headers={"accept-language": "zh-CN"}
    )
    assert latin(wrong.content.decode()) == []


def test_the_switch_is_kept_with_the_person_and_leads_back(company):
    client = company.client()
    answer = client.post("/language/", {"language": "zh-hans", "next": company.url("people/")})
    assert answer["Location"] == company.url("people/")
    assert User.objects.get(pk=company.people[Role.OWNER].user.pk).language == "zh-hans"
    other = company.client()
    assert "人员与角色" in other.get(company.url("people/"), headers={"accept-language": "en"}).content.decode()


@pytest.mark.parametrize(
    "to", ["https://evil.example/", "//evil.example", "javascript:alert(1)", "\\\\evil.example", "/\\evil.example"]
)
def test_a_switch_never_leads_elsewhere(client, db, to):
    assert client.post("/language/", {"language": "en", "next": to})["Location"] == "/"
    assert client.post("/appearance/", {"theme": "dark", "next": to})["Location"] == "/"


def test_who_is_not_signed_in_gets_the_language_of_the_browser(client, db):
    assert "登录" in client.get("/account/login/", headers={"accept-language": "zh-CN,zh;q=0.9"}).content.decode()
    assert "Sign in" in client.get("/account/login/", headers={"accept-language": "fr"}).content.decode()
    with translation.override("en"):
        client.post("/language/", {"language": "zh-hans"})
    assert "登录" in client.get("/account/login/", headers={"accept-language": "en"}).content.decode()
