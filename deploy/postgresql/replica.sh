#!/bin/sh
# The replica: copies the primary (PGHOST, PGPORT) where its folder is empty, and then follows it.
set -eu
if [ ! -s "$PGDATA/PG_VERSION" ]; then
  PGPASSWORD=$(cat "${SECRETS:-/run/secrets}/replication-password")
  export PGPASSWORD
  # Into a folder of its own first: a copy that was broken off does not pass for one.
  rm -rf "$PGDATA/copy"
  pg_basebackup --username replicator --pgdata "$PGDATA/copy" --write-recovery-conf --slot replica1 --checkpoint fast
  mv "$PGDATA/copy/PG_VERSION" "$PGDATA/copy.version"
  find "$PGDATA/copy" -mindepth 1 -maxdepth 1 -exec mv {} "$PGDATA/" \;
  rmdir "$PGDATA/copy"
  mv "$PGDATA/copy.version" "$PGDATA/PG_VERSION"
  chmod 700 "$PGDATA"
  unset PGPASSWORD
fi
# Readers' queries are not broken off by what the primary cleans away meanwhile.
exec postgres -c hot_standby_feedback=on "$@"
