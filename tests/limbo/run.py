#!/usr/bin/env python3
"""Runs a path validation suite in the format of x509-limbo through OmniTLS's verifier, once for every backend.

    run.py path/to/limbo-check suite.json[.xz] [--backend NAME]... [--only PREFIX] [--verbose]

Prints passed and failed cases by group, and every case that failed.  The exit code is 0 when nothing failed but
what is a matter of taste: cases marked pedantic or incompatible with the web's rules, cases that contradict one that
passed, and the differences that are listed here with their reason."""
import argparse
import base64
import collections
import datetime
import json
import lzma
import subprocess
import sys
import time

BACKENDS = ("openssl", "gnutls", "wolfssl")
ACCEPTED = "OK"

# Where this library decides otherwise on purpose: an id, or the beginning of one.
DIFFERENCES = {
    "webpki::cn::": "cases of bettertls, with a common name of another host, are to be accepted",
}


def load(path):
    opener = lzma.open if path.endswith(".xz") else open
    with opener(path, "rt", encoding="utf-8") as suite:
        return json.load(suite)["testcases"]


def hex_of(pem):
    lines = [line for line in pem.strip().splitlines() if line and not line.startswith("-----")]
    return base64.b64decode("".join(lines)).hex()


def seconds(text):
    if not text:
        return int(time.time())
    return int(datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp())


def lines_of(case):
    yield f"peer {case['validation_kind'].lower()}"
    yield f"time {seconds(case['validation_time'])}"
    if case["max_chain_depth"] is not None:
        yield f"depth {case['max_chain_depth']}"
    if "digitalSignature" in case["key_usage"]:
        yield "use sign"
    name = case["expected_peer_name"]
    if name is not None and name["kind"] in ("DNS", "IP"):
        yield f"name {name['value']}"
    for word, key in (("trust", "trusted_certs"), ("extra", "untrusted_intermediates")):
        for pem in case[key]:
            yield f"{word} {hex_of(pem)}"
    yield f"leaf {hex_of(case['peer_certificate'])}"
    yield "run"


def group_of(case):
    parts = case["id"].split("::")
    return "::".join(parts[:2]) if parts[0] == "bettertls" else parts[0]


def judge(process, case):
    process.stdin.write("\n".join(lines_of(case)) + "\n")
    process.stdin.flush()
    answer = process.stdout.readline().rstrip("\n")
    if not answer:
        raise SystemExit(f"limbo-check died at {case['id']} with {process.wait()}")
    return answer.split("\t", 2)


def excuse(case, passed):
    for feature in case["features"]:
        if feature.startswith("pedantic-") or feature == "rfc5280-incompatible-with-webpki":
            return feature
    for other in case["conflicts_with"]:
        if other in passed:
            return f"contradicts {other}"
    for start, reason in DIFFERENCES.items():
        if case["id"].startswith(start):
            return reason
    return None


def run(program, backend, cases, verbose):
    groups = collections.defaultdict(collections.Counter)
    failed, passed = [], set()
    process = subprocess.Popen([program, backend], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    for case in cases:
        group = group_of(case)
        if case["crls"]:
            groups[group]["skipped"] += 1
            failed.append((case, ["SKIPPED", "-1", "needs revocation lists"]))
            continue
        answer = judge(process, case)
        if (answer[0] == ACCEPTED) == (case["expected_result"] == "SUCCESS"):
            groups[group]["passed"] += 1
            passed.add(case["id"])
        else:
            failed.append((case, answer))
        if verbose:
            print(f"{backend} {case['id']} {case['expected_result']}: {' '.join(answer)}")
    process.stdin.close()
    process.wait()
    return groups, failed, passed


def report(backend, groups, failed, passed):
    faults = 0
    lines = []
    for case, answer in failed:
        group = group_of(case)
        if answer[0] == "SKIPPED":
            lines.append(f"  skipped  {case['id']}: {answer[2]}")
            continue
        reason = excuse(case, passed)
        groups[group]["taste" if reason else "failed"] += 1
        faults += reason is None
        lines.append(f"  {'taste ' if reason else 'FAILED'}   {case['id']}: wanted {case['expected_result']}, "
                     f"got {answer[0]} at {answer[1]} {answer[2]}" + (f" ({reason})" if reason else ""))
    columns = ("passed", "failed", "taste", "skipped")
    print(f"\n{backend:<32}" + "".join(f"{column:>9}" for column in columns))
    total = collections.Counter()
    for group, counts in sorted(groups.items()):
        total.update(counts)
        print(f"{group:<32}" + "".join(f"{counts[column]:>9}" for column in columns))
    print(f"{'all':<32}" + "".join(f"{total[column]:>9}" for column in columns))
    print("\n".join(lines))
    return faults


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("suite")
    parser.add_argument("--backend", action="append", help="only this one; may be repeated")
    parser.add_argument("--only", default="", help="cases whose id starts so")
    parser.add_argument("--verbose", action="store_true", help="print every answer")
    arguments = parser.parse_args()
    cases = [case for case in load(arguments.suite) if case["id"].startswith(arguments.only)]
    backends = arguments.backend or [
        name for name in BACKENDS if subprocess.run([arguments.program, name], stdin=subprocess.DEVNULL,
                                                    stderr=subprocess.DEVNULL).returncode == 0]
    if not backends:
        raise SystemExit("no backend is built in")
    faults = 0
    for backend in backends:
        faults += report(backend, *run(arguments.program, backend, cases, arguments.verbose))
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
