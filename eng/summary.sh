#!/usr/bin/env bash
# Sums the TRX files of a folder: lists what was skipped and why, then prints "N passed, N failed, N skipped" as the last line.
# Usage: eng/summary.sh FOLDER [EXIT-STATUS-OF-THE-TEST-RUN]
set -euo pipefail
folder="$1"
run_status="${2:-0}"
shopt -s nullglob
files=("$folder"/*.trx)
if [ ${#files[@]} -eq 0 ]; then
  echo "error: no test results in $folder" >&2
  echo "0 passed, 0 failed, 0 skipped"
  exit 1
fi

awk -v ci="${CI:-}" -v run_status="$run_status" '
  function attribute(text, name,   start, rest) {
    start = index(text, " " name "=\"")
    if (start == 0) return ""
    rest = substr(text, start + length(name) + 3)
    return substr(rest, 1, index(rest, "\"") - 1)
  }
  function plain(text) {
    gsub(/<[^>]*>/, "", text)
    gsub(/&#x[dDaA];/, " ", text)
    gsub(/&lt;/, "<", text); gsub(/&gt;/, ">", text); gsub(/&quot;/, "\"", text); gsub(/&apos;/, "\x27", text); gsub(/&amp;/, "\\&", text)
    gsub(/[ \t\r\n]+/, " ", text)
    sub(/^ /, "", text); sub(/ $/, "", text)
    return text
  }
  function finish(   reason) {
    if (name == "") return
    reason = plain(text)
    if (outcome == "Passed") passed++
    else if (outcome == "NotExecuted") {
      if (ci == "true" && reason ~ /^missing tool:| is not on PATH/) { failed++; missing[++missings] = name ": " reason }
      else { skipped++; skips[skipped] = name ": " (reason == "" ? "no reason given" : reason) }
    }
    else { failed++; failures[++listed] = name }
    name = ""; text = ""
  }
  # A result is one element, with or without content; its reason stands in Output.
  { sub(/\r$/, "") }
  /<UnitTestResult / {
    finish()
    name = plain(attribute($0, "testName")); outcome = attribute($0, "outcome"); text = ""
    if ($0 ~ /\/>[ \t]*$/) finish()
    next
  }
  /<\/UnitTestResult>/ { finish(); next }
  name != "" && outcome == "NotExecuted" { text = text " " $0 }
  END {
    finish()
    for (i = 1; i <= skipped; i++) print "skipped " skips[i]
    for (i = 1; i <= listed; i++) print "FAILED " failures[i]
    for (i = 1; i <= missings; i++) print "FAILED " missing[i] " (a missing tool fails when CI=true)"
    bad = failed > 0 || run_status != 0 || passed + failed == 0
    if (passed + failed == 0) print "error: no test ran"
    else if (failed == 0 && run_status != 0) print "error: the test run ended with status " run_status " although no test failed"
    printf "%d passed, %d failed, %d skipped\n", passed, failed, skipped
    exit bad ? 1 : 0
  }' "${files[@]}"
