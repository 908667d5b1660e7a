#!/usr/bin/env python3
"""What came of it, as a table in Markdown.

    report.py DIRECTORY      merges what run.py --results left there"""
import collections
import json
import pathlib
import sys

sys.dont_write_bytecode = True  # the source tree stays as it is

import clients
import products
import servers
import situations

BACKEND_NAMES = {"openssl": "OpenSSL", "gnutls": "GnuTLS", "wolfssl": "wolfSSL"}


def save(directory, record):
    directory.mkdir(parents=True, exist_ok=True)
    (directory / f"{record['product']}.json").write_text(json.dumps(record, indent=1))


def load(directory):
    order = [product.name for product in products.PRODUCTS]
    records = [json.loads(path.read_text()) for path in pathlib.Path(directory).glob("*.json")]
    return sorted(records, key=lambda record: order.index(record["product"]))


def cell(results):
    counts = collections.Counter(result["outcome"] for result in results)
    ran = counts["passed"] + counts["failed"]
    if ran == 0:
        return "not run"
    return f"{counts['passed']} of {ran}" + (f", **{counts['failed']} failed**" if counts["failed"] else "")


def left_out(peer, results):
    """What the peer has no means for: the same for all backends."""
    reasons = {result["why"] for result in results if result["outcome"] == "not run"}
    return "; ".join(f"{what}: {why}" for what, why in peer.cannot.items() if why in reasons)


def row(peer, record, columns):
    results = [result for result in record["results"] if result["peer"] == peer.name
               and result["role"] == type(peer).__name__.lower()]
    cells = [peer.name, record["version"] or "-"]
    if record["missing"]:
        return cells + ["not run"] * len(columns) + [f"not installed: {', '.join(record['missing']).replace('|', ' or ')}"]
    for column in columns:
        cells.append(cell([one for one in results if (one["backend"], one["tls"]) == column]))
    return cells + [left_out(peer, results)]


def part(title, peers, records, columns):
    known = {record["product"]: record for record in records}
    rows = [row(peer, known[peer.product], columns) for peer in peers if peer.product in known]
    if not rows:
        return []
    head = [title, "version"] + [f"{BACKEND_NAMES.get(name, name)} {tls}" for name, tls in columns] + ["not run"]
    return ["| " + " | ".join(cells) + " |" for cells in [head, ["---"] * len(head)] + rows] + [""]


def totals(records):
    counts = collections.Counter(result["outcome"] for record in records for result in record["results"])
    absent = [record["product"] for record in records if record["missing"]]
    return f"{counts['passed']} passed, {counts['failed']} failed, {counts['not run']} not run for want of means" + \
        (f"; not installed, so not run at all: {', '.join(absent)}" if absent else "")


def failures(records):
    return ["- {peer} as {role}, {backend}, TLS {tls}, {situation}: {why}".format(**result)
            for record in records for result in record["results"] if result["outcome"] == "failed"]


def table(records):
    """Passed of run, for every peer, backend and version of TLS."""
    columns = list(dict.fromkeys((result["backend"], result["tls"]) for record in records
                                 for result in record["results"]))
    lines = part("client", clients.CLIENTS, records, columns) + part("server", servers.SERVERS, records, columns)
    return "\n".join(lines + [totals(records) + "."] + failures(records))


def status(records, nothing_ran):
    outcomes = {result["outcome"] for record in records for result in record["results"]}
    if "failed" in outcomes:
        return 1
    return 0 if "passed" in outcomes else nothing_ran


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    for situation in situations.SITUATIONS:
        print(f"- `{situation.name}`: {situation.title}")
    print()
    print(table(load(sys.argv[1])))


if __name__ == "__main__":
    main()
