#!/bin/sh
# The main job on real input. The folders of results under out/ are made anew each time; the ledger out/ledger only ever grows.
set -eu
cd "$(dirname "$0")/.."
hengtan=.venv/bin/hengtan
mkdir -p out
[ -e out/ledger/checkpoint ] || "$hengtan" ledger init out/ledger --origin demo.example/ledger >/dev/null

echo "== City of Toronto, energy and greenhouse gas filing for 2018 =="
"$hengtan" calculate examples/toronto/toronto_2018_energy_ghg_report.xlsx \
    --template ontario_bps --factors examples/toronto/ontario_2018_factors.csv --out out/toronto --ledger out/ledger

echo
echo "== 宁波一家制造企业 2021 年：初始报告与核查结论 Ningbo Lishi Industry 2021: as first filed and as verified =="
for report in initial verified; do
    "$hengtan" calculate examples/ningbo/活动数据.csv \
        --factors "examples/ningbo/factors_$report.csv" --out "out/ningbo-$report" --ledger out/ledger --lang zh
done
"$hengtan" compare out/ningbo-initial out/ningbo-verified --lang zh

echo
echo "== What vouches for these results 这些结果由谁证明 =="
"$hengtan" verify out/ledger out/toronto --vkey out/ledger/log.vkey
echo
echo "The ledger's checkpoint 账本检查点:"
"$hengtan" ledger checkpoint out/ledger
echo
echo "Verify the result again, here or on any other machine 在本机或任何机器上再次验证:"
echo "    .venv/bin/hengtan verify out/toronto --vkey out/ledger/log.vkey"
