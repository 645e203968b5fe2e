#!/bin/sh
# Puts a copy that backup.sh made into an empty data folder and an empty database: restore.sh COPY
#
# Where they are is what SHAMSUL_DATA_DIR and SHAMSUL_DATABASE_URL name.
set -eu
umask 077
: "${SHAMSUL_DATA_DIR:?names the data folder}"
copy=${1:?names the copy}
if [ -n "$(ls -A "$SHAMSUL_DATA_DIR" 2> /dev/null)" ]; then
  echo "$SHAMSUL_DATA_DIR is not empty." >&2
  exit 2
fi
mkdir -p "$SHAMSUL_DATA_DIR"
tar -C "$SHAMSUL_DATA_DIR" -xzf "$copy/data.tar.gz"
if [ -n "${SHAMSUL_DATABASE_URL:-}" ]; then
  # All of it or, as where there are such tables already, nothing.
  pg_restore --no-owner --exit-on-error --single-transaction \
    --dbname="$(echo "$SHAMSUL_DATABASE_URL" | sed 's/^postgresql+[a-z0-9]*:/postgresql:/')" \
    "$copy/ratings.dump"
else
  shamsul restore "$copy/ratings.db" > /dev/null
fi
