"""ISO 4217 codes of money in use, and the few that went into the euro within the years that inventories reach back."""

CURRENCIES = frozenset(
    """
    AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CLP
    CNH CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HRK HTG
    HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD
    MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF
    SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD UYU UZS
    VED VES VND VUV WST XAF XCD XCG XOF XPF YER ZAR ZMW ZWG
    DEM FRF ITL ESP NLG BEF ATS FIM IEP PTE GRD SIT SKK EEK LVL LTL
    """.split()  # noqa: SIM905
)

NAMES = {
    "元": "CNY", "人民币": "CNY", "人民币元": "CNY", "rmb": "CNY", "yuan": "CNY",
    "美元": "USD", "us dollar": "USD", "us dollars": "USD", "us$": "USD",
    "欧元": "EUR", "euro": "EUR", "euros": "EUR", "€": "EUR",
    "英镑": "GBP", "pound sterling": "GBP", "£": "GBP",
    "日元": "JPY", "港元": "HKD", "港币": "HKD", "hk$": "HKD",
}  # fmt: skip
"""Names that mean one currency only. ``$`` and ``¥`` (yen, yuan) mean several and are not here."""
