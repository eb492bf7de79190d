#!/bin/sh
# Brings the schemas of Temporal's two databases up to date. May be run at every start.
set -eu
tool=${TEMPORAL_SQL_TOOL:-temporal-sql-tool}
: "${TEMPORAL_DB_HOST:=127.0.0.1}" "${TEMPORAL_DB_PORT:=5432}" "${TEMPORAL_DB_USER:=temporal}"
export SQL_PASSWORD="$TEMPORAL_DB_PASSWORD"
for pair in temporal:temporal temporal_visibility:visibility; do
  database=${pair%%:*}
  schema=${pair##*:}
  sql() {
    "$tool" --plugin postgres12 --endpoint "$TEMPORAL_DB_HOST" --port "$TEMPORAL_DB_PORT" \
      --user "$TEMPORAL_DB_USER" --database "$database" "$@"
  }
  # Says so and does nothing where the table of versions is there already.
  sql setup-schema --version 0.0
  sql update-schema --schema-name "postgresql/v12/$schema"
done
