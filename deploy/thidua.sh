#!/bin/sh
# `thidua` for the administrator of a machine where the bot runs as a service: the same user, the same folder, the same .env.
# Install: install -m 755 deploy/thidua.sh /usr/local/bin/thidua. Relative paths are those of /var/lib/thidua.
# A further cluster (thidua@NAME.service) has a command of its own: ln -s thidua /usr/local/bin/thidua-NAME, for /var/lib/thidua-NAME.
set -eu
instance=${0##*/}
cd "/var/lib/$instance"
umask 077
exec runuser -u "$instance" -- /opt/thidua/.venv/bin/thidua "$@"
