#!/bin/sh
# Installs the tracker as a service of this user: no root, no rights beyond those of the unit beside this file.
#
#   install.sh                     the tracker: reads, watches, alerts
#   install.sh --agent FILE        an agent, which delivers to the tracker of another host
#   install.sh --uninstall         takes the service away; what was tracked stays
#
# Options: --program PATH   the command trestle-tracker (default: as it is found)
#          --allow LIST     addresses that it may speak to, with commas (default: localhost)
#          --no-start       only write the files
set -eu

here=$(cd "$(dirname "$0")" && pwd)
name=trestle-tracker
command=monitor
program=
allow=localhost
start=yes
remove=no

fail() { printf 'install.sh: %s\n' "$1" >&2; exit 1; }

while [ $# -gt 0 ]; do
  case $1 in
    --agent) [ $# -gt 1 ] || fail "--agent needs the agent's file"
      [ -r "$2" ] || fail "$2 cannot be read: give the agent's file"
      name=trestle-tracker-agent
      command="agent $(cd "$(dirname "$2")" && pwd)/$(basename "$2")"; shift ;;
    --program) [ $# -gt 1 ] || fail "--program needs a path"; program=$2; shift ;;
    --allow) [ $# -gt 1 ] || fail "--allow needs addresses"; allow=$(printf %s "$2" | tr , ' '); shift ;;
    --no-start) start=no ;;
    --uninstall) remove=yes ;;
    -h|--help) sed -n '2,11s/^# \{0,1\}//p' "$0"; exit 0 ;;
    *) fail "unknown option $1: see --help" ;;
  esac
  shift
done

units=${XDG_CONFIG_HOME:-$HOME/.config}/systemd/user
config=${XDG_CONFIG_HOME:-$HOME/.config}/trestle-tracker
data=${TRESTLE_HOME:-$HOME/.trestle}
unit=$units/$name.service

if [ "$remove" = yes ]; then
  for each in trestle-tracker trestle-tracker-agent; do
    [ -e "$units/$each.service" ] || continue
    systemctl --user disable --now "$each.service" 2>/dev/null || true
    rm -f "$units/$each.service"
    printf '%s is taken away. What was tracked stays in %s.\n' "$each" "$data"
  done
  exit 0
fi

[ -n "$program" ] || program=$(command -v trestle-tracker) ||
  fail "trestle-tracker is not installed: npm install --global @trestle-mcp/tracker, or give --program"
[ -x "$program" ] || fail "$program cannot be run: give the path of trestle-tracker"
case "$program$command$data$config" in *[!A-Za-z0-9._/@+\ -]*) fail "a path holds characters that a unit cannot" ;; esac

mkdir -p "$units" "$config" "$data"
chmod 700 "$config" "$data"
if [ ! -e "$config/env" ]; then
  printf '# Settings of the service, as NAME=value: trestle-tracker --help shows all of them.\n' > "$config/env"
fi
chmod 600 "$config/env"
sed -e "s|@PROGRAM@|$program|" -e "s|@COMMAND@|$command|" -e "s|@CONFIG@|$config|" -e "s|@DATA@|$data|" \
  -e "s|@HOME@|$HOME|g" -e "s|@ADDRESSES@|$allow|" "$here/trestle-tracker.service" > "$unit.new"
mv "$unit.new" "$unit"
printf 'The unit is %s, its settings are %s/env.\n' "$unit" "$config"

if [ "$start" = no ]; then exit 0; fi
systemctl --user daemon-reload || fail "the service manager of this user does not answer: log in anew, or see loginctl enable-linger"
systemctl --user enable --now "$name.service"
printf 'It runs: journalctl --user -u %s. To run it without a login: loginctl enable-linger\n' "$name"
