#!/usr/bin/env bash
# Restores, builds, checks the format and runs every test. Arguments go to `dotnet test`, for each project:
#   eng/test.sh --filter FullyQualifiedName~Links
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 DOTNET_SKIP_FIRST_TIME_EXPERIENCE=1 DOTNET_CLI_UI_LANGUAGE=en
export HOME="${HOME:-/root}"
if [ "${CI:-}" = true ]; then
  # Build servers would outlive this script and hold its output open.
  export MSBUILDDISABLENODEREUSE=1 UseSharedCompilation=false
fi

# Programs that tests call, as "program:Debian package".
tools="tshark:tshark capinfos:tshark tcpdump:tcpdump ip:iproute2 ping:iputils-ping traceroute:traceroute curl:curl python3:python3 p0f:p0f nmap:nmap hping3:hping3 setpriv:util-linux script:bsdutils nft:nftables"
packages=""
for tool in $tools; do
  command -v "${tool%%:*}" >/dev/null || packages="$packages ${tool##*:}"
done
if [ -n "$packages" ] && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  echo "Installing$packages"
  export DEBIAN_FRONTEND=noninteractive
  # Without them the tests that need them skip, each saying so; with CI=true that fails below.
  apt="timeout 300 apt-get -qq -o Acquire::Retries=2 -o Acquire::http::Timeout=30 -o DPkg::Lock::Timeout=60"
  { $apt update && $apt install -y --no-install-recommends $packages; } </dev/null >/dev/null 2>&1 \
    || echo "warning: apt-get could not install$packages" >&2
fi

# Whatever goes wrong before the tests run, the last line has the form that readers of this output look for.
trap 'echo "error: stopped before the tests ran"; echo "0 passed, 0 failed, 0 skipped"' EXIT

solution=Simulator.sln
results="$PWD/TestResults"
rm -rf "$results"
mkdir -p "$results"

dotnet restore "$solution" --locked-mode
dotnet build "$solution" -c Release --no-restore -warnaserror
dotnet format whitespace . --folder --verify-no-changes --include src/ tests/ bench/ samples/ \
  || { echo "error: the format differs; this puts it right: dotnet format whitespace . --folder --include src/ tests/ bench/ samples/" >&2; exit 1; }

# One project after the other: tests that measure allocation or time are not disturbed, and each has a result file of its own.
status=0
for project in tests/*/*.csproj; do
  name="$(basename "$project" .csproj)"
  assembly="tests/$name/bin/Release/net10.0/$name.dll"
  grep -qF "$name.csproj" "$solution" || continue
  dotnet test "$assembly" --nologo --logger "trx;LogFileName=$name.trx" --logger "console;verbosity=minimal" \
    --results-directory "$results" "$@" </dev/null || status=$?
done

trap - EXIT
# The last line is the summary: N passed, N failed, N skipped.
bash eng/summary.sh "$results" "$status"
