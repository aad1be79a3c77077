"""The statement that units were retired (注销证明): which numbers, for whom, for what, on which day, and what proves it.

It says what the holder's own book says. What a registry confirms is a paper of the registry.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from hengtan.factors import find_region
from hengtan.market.book.instrument import TITLES, UNITS
from hengtan.market.book.posting import FINAL, Batch, Posting

from .blocks import Cell, Column, Document, Facts, Figure, Note, Section, Table, Text

_W: Mapping[str, tuple[str, str]] = {
    "title": ("Statement of retirement", "注销证明"),
    "says": (
        "{holder} certifies that {total} {unit} ({kind}), listed below, were retired on {day} for {beneficiary}. They serve the purpose and the year below alone, and nothing and nobody else, ever: the book from which they come takes none of them back.",
        "兹证明：{holder} 已于 {day} 为 {beneficiary} 注销下列{kind}共 {total} {unit}。上述数量仅用于下列用途和年度，不得再作他用，也不得由他人使用；所载账簿不允许冲销。",
    ),
    "several": ("units", "碳资产"),
    "units": ("Units retired", "注销单位"),
    "instrument": ("Instrument", "品种"),
    "what": ("What it is", "属性"),
    "series": ("Series", "序列"),
    "first": ("First number", "起始编号"),
    "last": ("Last number", "终止编号"),
    "quantity": ("Quantity", "数量"),
    "total": ("Total", "合计"),
    "ends": ("Both ends of a range are included.", "编号区间含首尾。"),
    "batch": ("numbers of batch {number} of the book; the registry numbers none", "账簿批次 {number} 内编号（登记机构不编号）"),
    "whom": ("For whom and for what", "受益人与用途"),
    "beneficiary": ("Beneficiary", "受益人"),
    "purpose": ("Purpose", "用途"),
    "year": ("Year of the consumption or emissions", "用电或排放年度"),
    "day": ("Day of retirement", "注销日期"),
    "holder": ("Holder", "持有人"),
    "account": ("Registry account", "登记账户"),
    "reference": ("Reference of the registry", "登记机构业务编号"),
    "not_given": ("not given", "未填写"),
    "scope2": ("market-based scope 2 of purchased electricity", "外购电力的范围二排放（基于市场）"),
    "offset": ("offsetting of emissions", "抵销排放"),
    "voluntary": ("voluntary cancellation", "自愿注销"),
    "proof": ("What proves it", "存证"),
    "posting": ("Posting of the book", "账簿记账号"),
    "entry": ("Entry of the ledger", "账本条目"),
    "commitment": ("Commitment in the entry", "条目中的承诺值"),
    "digest": ("SHA-256 of the record", "记账记录 SHA-256"),
    "vkey": ("Key of the ledger", "账本公钥"),
    "issued": ("Issued on", "出具日期"),
    "sign": ("Holder (signature, seal)", "持有人（签字、盖章）"),
    "number": ("Posting #{number}", "记账 #{number}"),
    "check": (
        "With this file lies a proof of the same name that ends in .tlog-proof. hengtan verify FILE --vkey KEY checks both offline; take the key from where the holder publishes it.",
        "本文件附有同名、以 .tlog-proof 结尾的存证。用 hengtan verify 文件 --vkey 公钥 可离线核验；公钥请以持有人公开发布的为准。",
    ),
    "ours": (
        "This is the holder's own statement, from his book, in a form of its own. The confirmation of the registry in which the units lie is a paper of that registry; ask for it where a rule or a contract asks for it.",
        "本证明由持有人依据自有账簿出具，格式自拟，不代替登记机构出具的注销凭证；法规或合同要求时，请另行取得登记机构凭证。",
    ),
    "rule-scope2": (
        "A certificate lowers market-based scope 2 of purchased electricity alone; it is no offset and has no effect on the surrender of allowances.",
        "绿证仅可用于外购电力的范围二排放（基于市场），不得作为抵销，也不影响配额清缴。",
    ),
    "sample.short": ("sample", "示例"), "sample": ("An invented company: nothing here is of a real one.", "虚构企业示例，不对应任何真实单位。"),
    "page": ("Page {n} of {m}", "第 {n} 页，共 {m} 页"), "contents": ("Contents", "目录"), "period": ("Year", "年度"), "skip": ("Skip to the content", "跳到正文"),
    "rest.more": ("more", "其余"), "digest-short": ("Record", "记录"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Proved:
    """What vouches for a posting."""

    entry: int
    commitment: str
    record_sha256: str
    vkey: str


def retirement_document(
    posting: Posting, batches: Mapping[int, Batch], account: Sequence[str], proved: Proved, lang: str, *, sample: bool = False, issued: str = ""
) -> Document:  # fmt: skip
    """The paper of a posting with a claim. account: entity, registry and number of the account with the registry; issued: the day, "" to be written by hand."""

    def w(key: str, **values: str) -> str:
        return _W[key][lang == "zh"].format(**values)

    claim = posting.claim
    if claim is None:
        raise ValueError(posting.number)
    lots = [lot for lot in posting.made if lot.place in FINAL]
    kinds = {batches[lot.batch].instrument.kind for lot in lots}
    unit = UNITS.get(next(iter(kinds)), "t")
    rows = []
    for lot in lots:
        batch = batches[lot.batch]
        of = batch.instrument
        made = f"{of.produced_on:%Y-%m}" if of.produced_on else ""
        about = [
            TITLES[of.kind][lang == "zh"],
            of.market,
            of.project,
            of.methodology,
            str(of.vintage or ""),
            made,
            region.title[lang] if (region := find_region(of.region)) else of.region,
        ]
        series = batch.series.partition("|")[2]
        rows.append(
            (
                Cell(of.code), Cell(("，" if lang == "zh" else ", ").join(each for each in about if each)),
                Cell(series, "mono") if series else Cell("—", note=w("batch", number=str(batch.number))),
                Cell(str(lot.first), "mono"), Cell(str(lot.last), "mono"), Cell(f"{lot.quantity:,} {unit}"),
            )
        )  # fmt: skip
    total = sum(lot.quantity for lot in lots)
    columns = (
        Column(w("instrument"), width=2), Column(w("what"), width=3), Column(w("series"), width=2), Column(w("first"), "num"),
        Column(w("last"), "num"), Column(w("quantity"), "num"),
    )  # fmt: skip
    blank = Cell("")
    table = Table(
        columns, tuple(rows), (Cell(w("total")), blank, blank, blank, blank, Cell(f"{total:,} {unit}")), w("ends")
    )
    holder, registry, number = account
    reference = str(posting.event.get("reference", ""))
    day, purpose = posting.day.isoformat(), w(claim.purpose)
    says = w(
        "says", holder=holder, day=day, beneficiary=claim.beneficiary, total=f"{total:,}", unit=unit,
        kind=TITLES[next(iter(kinds))][lang == "zh"] if len(kinds) == 1 else w("several"),
    )  # fmt: skip
    facts = Facts((
        (w("beneficiary"), Cell(claim.beneficiary, "strong")), (w("purpose"), Cell(purpose)),
        (w("holder"), Cell(holder)), (w("account"), Cell(f"{registry} {number}".strip())),
        (w("reference"), Cell(reference) if reference else Cell(w("not_given"), "gap")),
    ))  # fmt: skip
    proof = Facts((
        (w("posting"), Cell(f"#{posting.number}")), (w("entry"), Cell(str(proved.entry))), (w("commitment"), Cell(proved.commitment, "mono")),
        (w("digest"), Cell(proved.record_sha256, "mono")), (w("vkey"), Cell(proved.vkey, "mono")),
    ))  # fmt: skip
    told = (Note("info", w("rule-scope2")),) if claim.purpose == "scope2" else ()
    signed = Facts(((w("issued"), Cell(issued) if issued else Cell("", "line")), (w("sign"), Cell("", "line"))))
    return Document(
        lang=lang, title=w("title"), organisation=holder, period="", standard=w("number", number=str(posting.number)),
        sample=w("sample") if sample else "", created="", digest=proved.record_sha256, brief=True,
        figures=(Figure(w("quantity"), f"{total:,}", unit), Figure(w("day"), day), Figure(w("year"), str(claim.year))),
        cover=(),
        sections=(
            Section(w("whom"), "", (Text(says), facts, *told)),
            Section(w("units"), "", (table,)),
            Section(w("proof"), "", (proof, Text(w("check")), Note("info", w("ours")), signed)),
        ),
        labels={name: w(name) for name in ("contents", "period", "sample.short", "skip", "rest.more", "digest-short")} | {"page": _W["page"][lang == "zh"]},
    )  # fmt: skip
