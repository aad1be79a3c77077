"""What the first person says to who opens a package: in both languages, since nobody knows who that is."""

from __future__ import annotations

ENGLISH = """# Verification package of run {code}, {name}

Everything that is needed to check this inventory without the company's server, account or database:

- `run/` the run: rows of emissions, factors, plan, problems, run.json, each with its proof; `inputs/` the files that it was calculated from
- `factors/`, `methods/` what was multiplied with what, readable
- `reports/` the reports that were issued of this run, each with its proof
- `audit/` the engagement with its sample, the seed and the results
- `ledger/` a public copy of the company's transparency log: checkpoint, key, tiles (C2SP tlog-tiles)
- `package.json` every file with its SHA-256, and the proof that this list stands in the log

Verify it (any machine, offline; `pip install hengtan`):

    hengtan verify . --vkey KEY

KEY is the key that the company publishes: compare it with the one in `vkey.txt`, which came with this package:

    {vkey}

Exit code 0: everything is what was signed. 3: something is not, and it is named. Compute the run again with `hengtan replay run/run.json`.
"""
CHINESE = """# 核算 {code} 的核查包，{name}

核查这份清单所需的全部内容，无需企业的服务器、账号或数据库：

- `run/` 核算：排放数据行、因子、方案、问题、run.json，均附证明；`inputs/` 核算所用的输入文件
- `factors/`、`methods/` 便于阅读的因子与方法
- `reports/` 本次核算已签发的报告，均附证明
- `audit/` 核查任务、抽样、种子与结果
- `ledger/` 企业透明账本的公开副本：检查点、密钥、分片（C2SP tlog-tiles）
- `package.json` 全部文件的 SHA-256，附该清单已写入账本的证明

验证方法（任何计算机，离线；`pip install hengtan`）：

    hengtan verify . --vkey KEY

KEY 是企业公布的密钥，请与随包提供的 `vkey.txt` 核对：

    {vkey}

退出码 0：全部与签名一致；3：有不一致之处，并指出位置。可用 `hengtan replay run/run.json` 重新核算。
"""


def readme(name: str, code: str, vkey: str) -> str:
    """README.md of a package."""
    return (
        ENGLISH.format(name=name, code=code, vkey=vkey) + "\n---\n\n" + CHINESE.format(name=name, code=code, vkey=vkey)
    )
