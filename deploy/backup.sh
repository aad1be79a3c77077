#!/bin/sh
# backup.sh DATA TARGET: the database first, then the files. What is written meanwhile is in the files and not yet in the
# database, which finds it again; the other way round the database could speak of what is not there.
# It runs beside a working installation. DATABASE_URL as the installation has it; without one, SQLite.
set -eu
data=$1 target=$2
umask 077
mkdir -p "$target"
case "${DATABASE_URL:-}" in
    # every organisation's rows are wanted, and the wall between them opens to who says so
    postgres*) PGOPTIONS="${PGOPTIONS:-} -c hengtan.tenants=*" pg_dump --enable-row-security --format=custom --file="$target/database.dump" "$DATABASE_URL" ;;
    *) "${PYTHON:-python3}" - "$data/hengtan.sqlite3" "$target/hengtan.sqlite3" <<'PY'
import sqlite3, sys
with sqlite3.connect(f"file:{sys.argv[1]}?mode=ro", uri=True) as here, sqlite3.connect(sys.argv[2]) as there:
    here.backup(there)
PY
    ;;
esac
tar -C "$data" -cf "$target/files.tar" --exclude='./hengtan.sqlite3*' --exclude=./static --exclude=./starting .
echo "kept in $target; for a restore see docs/deploy.md"
