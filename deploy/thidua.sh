#!/bin/sh
# `thidua` for the administrator of a machine where the bot runs as a service: the same user, the same folder, the same .env.
# Install: install -m 755 deploy/thidua.sh /usr/local/bin/thidua. Relative paths are those of /var/lib/thidua.
set -eu
cd /var/lib/thidua
umask 077
exec runuser -u thidua -- /opt/thidua/.venv/bin/thidua "$@"
