#!/bin/sh
# Runs once, when the database of compose.yaml is made: a role that is no superuser owns what hengtan keeps, for the wall between
# organisations (row-level security) does not bind superusers. docs/deploy.md has the same by hand.
set -eu
psql -v ON_ERROR_STOP=1 -v password="$DATABASE_PASSWORD" --username postgres <<'SQL'
CREATE ROLE hengtan LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS PASSWORD :'password';
CREATE DATABASE hengtan OWNER hengtan ENCODING 'UTF8' TEMPLATE template0;
SQL
