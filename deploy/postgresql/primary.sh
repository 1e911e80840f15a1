#!/bin/sh
# Run once, while the primary's database is set up: a role that may stream, its line in pg_hba.conf, and its place in the log.
set -eu
password=$(cat "${SECRETS:-/run/secrets}/replication-password")
psql --quiet --set ON_ERROR_STOP=1 --set password="$password" -U "$POSTGRES_USER" -d "$POSTGRES_DB" <<'SQL'
CREATE ROLE replicator REPLICATION LOGIN PASSWORD :'password';
SELECT pg_create_physical_replication_slot('replica1', true) IS NOT NULL AS made \gset
SQL
echo "host replication replicator all scram-sha-256" >> "$PGDATA/pg_hba.conf"
