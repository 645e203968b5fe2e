#!/bin/sh
# Copies what cannot be computed again into a new folder of FOLDER: backup.sh FOLDER
#
# The ratings come first: files are only ever added, so what they name is there. Maps and measures
# are left out; they are computed anew when they are asked for.
set -eu
umask 077
: "${SHAMSUL_DATA_DIR:?names the data folder}"
target=${1:?names the folder of the copies}/$(date -u +%Y-%m-%dT%H%M%SZ)
mkdir "$target.part"
if [ -n "${SHAMSUL_DATABASE_URL:-}" ]; then
  # SQLAlchemy's name of a driver means nothing to PostgreSQL's own programs.
  pg_dump --format=custom --no-owner --file="$target.part/ratings.dump" \
    --dbname="$(echo "$SHAMSUL_DATABASE_URL" | sed 's/^postgresql+[a-z0-9]*:/postgresql:/')"
else
  shamsul backup "$target.part/ratings.db" > /dev/null
fi
tar -C "$SHAMSUL_DATA_DIR" -czf "$target.part/data.tar.gz" \
  --exclude='./shamsul.db*' --exclude=./maps --exclude=./measures --exclude=./scores \
  --exclude=./units --exclude=./images --exclude=./thumbnails --exclude=./engines \
  --exclude=./cluster --exclude=./phantom-benchmark .
sync
mv "$target.part" "$target"
echo "$target"
