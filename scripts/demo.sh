#!/bin/sh
# The main job on real input. The folders under out/ are made anew each time.
set -eu
cd "$(dirname "$0")/.."
hengtan=.venv/bin/hengtan
mkdir -p out

echo "== City of Toronto, energy and greenhouse gas filing for 2018 =="
"$hengtan" calculate examples/toronto/toronto_2018_energy_ghg_report.xlsx \
    --template ontario_bps --factors examples/toronto/ontario_2018_factors.csv --out out/toronto

echo
echo "== 宁波一家制造企业 2021 年：初始报告与核查结论 Ningbo Lishi Industry 2021: as first filed and as verified =="
for report in initial verified; do
    "$hengtan" calculate examples/ningbo/活动数据.csv \
        --factors "examples/ningbo/factors_$report.csv" --out "out/ningbo-$report" --lang zh
done
"$hengtan" compare out/ningbo-initial out/ningbo-verified --lang zh
