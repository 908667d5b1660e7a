#!/usr/bin/env python3
"""Lets OmniTLS talk to other software over loopback, with every backend, in TLS 1.2 and 1.3.

    run.py path/to/omnitls [--product NAME]... [--backend NAME]... [--tls 1.2|1.3]... [--situation NAME]...
           [--jobs N] [--results DIRECTORY] [--cache DIRECTORY] [--verbose]

Prints a table of what was tried and what came of it.  What is not installed is told by name and counts as not run, never
as passed.  The exit status is 0 when something ran and nothing failed, 1 when something failed, 77 when nothing ran."""
import argparse
import collections
import concurrent.futures
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import types

sys.dont_write_bytecode = True  # the source tree stays as it is

import certificates
import children
import clients
import products
import programs
import report
import servers
import situations

NOTHING_RAN = 77
VERSIONS = ("1.2", "1.3")
STARTS = 3  # a free port may be taken before a server comes to listen there

SPELLINGS = {"TLS1.2": "1.2", "TLSv1.2": "1.2", "3.3": "1.2", "TLS1.3": "1.3", "TLSv1.3": "1.3", "3.4": "1.3"}
REASONS = {"name": "HOSTNAME_MISMATCH", "issuer": "UNKNOWN_ISSUER"}

Outcome = collections.namedtuple("Outcome", "passed why log")


def passed():
    return Outcome(True, "", "")


def failed(why, *logs):
    text = b"\n".join(log[-1500:] for log in logs if log)
    return Outcome(False, why, text.decode("utf-8", "replace"))


# == clients against omnitls server ==
def server_command(job, service):
    situation, pki = job.situation, job.pki
    cert, key = pki.shown("wrong_name" if situation.by_name else situation.shown)
    words = [job.omnitls, "server", "--backend", job.backend, "--min", job.tls, "--max", job.tls, "--listen",
             "127.0.0.1:0", "--verbose", "--cert", cert, "--key", key]
    words += ["--http", job.files] if service == "http" else ["--echo"]
    if situation.asks:
        words += ["--ca", pki["client_ca.pem"], "--require-client-cert"]
    if situation.alpn:
        words += ["--alpn", situations.AGREED]
    if situation.by_name:
        words += ["--sni", "localhost=" + ",".join(pki.shown(situation.shown))]
    return words


def start_omnitls(job, service, log):
    server = children.start(server_command(job, service), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log)
    found = re.search(rb":(\d+)\D*$", server.stdout.readline())
    if found is None:
        children.stop(server)
        return server, 0
    return server, int(found.group(1))


def talk_to_omnitls(job, client, log):
    data = job.payloads[job.situation.size]
    sends = client.carries == "stdin" and not (job.situation.refused and job.situation.refused != "client")
    talk = children.converse(client.command(job), data if sends else b"", data[-64:] if sends else None)
    log.seek(0)
    return talk, log.read()


def saw_data(job, client, talk):
    if client.carries == "itself":
        return talk.status == 0
    if client.carries == "browser":
        return f"{job.situation.size} bytes over".encode() in talk.out
    return job.payloads[job.situation.size] in talk.out


def judge_client(job, client, talk, log):
    text = (talk.out[:20000] + talk.out[-20000:] + talk.err).decode("utf-8", "replace")
    has_data = saw_data(job, client, talk)
    if talk.status is None:
        return failed("the client does not end", talk.err, talk.out, log)
    if job.situation.refused:
        if has_data or (talk.status in client.status and client.carries != "browser"):
            return failed("not refused", talk.err, log)
        if not re.search(client.refusals[job.situation.refused], text, re.IGNORECASE):
            return failed("refused for another reason", talk.err, talk.out, log)
        if job.situation.refused == "client" and b"sent no certificate" not in log:
            return failed("the server had another reason", talk.err, log)
        return passed()
    if talk.status not in client.status or not has_data:
        return failed(f"status {talk.status}, data {'came' if has_data else 'did not come'}", talk.err, talk.out, log)
    return judge_told(job, client.tells, text) or passed()


def judge_told(job, tells, text):
    """What the client says was agreed on, where it says it."""
    wanted = [("version", job.tls)] + ([("alpn", situations.AGREED)] if job.situation.alpn else [])
    for what, value in wanted:
        if what not in tells:
            continue
        found = re.search(tells[what], text)
        told = next(part for part in found.groups() if part) if found else "nothing"
        if SPELLINGS.get(told, told) != value:
            return failed(f"{what}: {told} instead of {value}", text.encode())
    return None


def run_client(job, client):
    with tempfile.TemporaryFile() as log:
        server, job.port = start_omnitls(job, client.service, log)
        if job.port == 0:
            log.seek(0)
            return failed("omnitls server does not start", log.read())
        job.url = f"https://localhost:{job.port}/{job.situation.size}.txt"
        try:
            outcome = judge_client(job, client, *talk_to_omnitls(job, client, log))
        finally:
            children.stop(server)
        if outcome.passed and server.returncode != 0:
            log.seek(0)
            return failed(f"omnitls server ends with {server.returncode}", log.read())
        return outcome


# == omnitls client against servers ==
def client_command(job, service):
    words = [job.omnitls, "client", "--backend", job.backend, "--min", job.tls, "--max", job.tls, "--json", "--ca",
             job.pki["ca.pem"], "--name", "localhost"]
    if job.situation.alpn:
        words += ["--alpn", situations.OFFERED]
    if job.situation.has:
        words += ["--cert", job.pki["client.pem"], "--key", job.pki["client.key"]]
    if service == "echo":
        words += ["--half-close"]
    return words + [f"127.0.0.1:{job.port}"]


def start_server(job, server, log):
    for _ in range(STARTS):
        job.port = children.free_port()
        child = children.start(server.command(job), stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=job.files)
        if children.wait_for_port(child, job.port):
            return child
        children.stop(child)
    return None


def talk_to_server(job, service):
    data = job.payloads[job.situation.size]
    if service == "echo":
        return children.converse(client_command(job, service), data, data[-64:])
    path = f"/{job.situation.size}.txt" if service == "file" else "/"
    request = f"GET {path} HTTP/1.0\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    return children.converse(client_command(job, service), request.encode())


def is_answer(job, service, out):
    if service == "echo":
        return out == job.payloads[job.situation.size]
    body = out.partition(b"\r\n\r\n")[2]
    if service == "file":
        return body == job.payloads[job.situation.size]
    return b"TLS" in body


def judge_server(job, server, talk, log):
    service = server.service(job.situation)
    try:
        facts = json.loads(talk.err)
    except ValueError:
        return failed(f"status {talk.status}, and no facts", talk.err, log)
    error = facts["error"] or {}
    refused = job.situation.refused
    if refused in REASONS:
        if facts["status"] == 4 and error.get("reason") == REASONS[refused] and not talk.out:
            return passed()
        return failed(f"not refused for {REASONS[refused]}", talk.err, log)
    if refused:
        if server.page is not None and server.page in talk.out:
            return passed()
        if facts["status"] == 5 and error.get("alert") and not error.get("alert_sent") and not talk.out:
            return passed()
        return failed("no alert came", talk.err, log)
    if talk.status != 0:
        return failed(f"status {talk.status}", talk.err, log)
    if not is_answer(job, service, talk.out):
        return failed("other bytes came", talk.out, talk.err, log)
    if not facts["verified"] or SPELLINGS.get(facts["version"]) != job.tls:
        return failed("not verified, or another version", talk.err)
    if job.situation.alpn and facts["alpn"] != situations.AGREED:
        return failed(f"ALPN: {facts['alpn']}", talk.err)
    return passed()


def run_server(job, server):
    service = server.service(job.situation)
    with tempfile.TemporaryFile() as log:
        child = start_server(job, server, log)
        if child is None:
            log.seek(0)
            return failed("the server does not start", log.read())
        try:
            talk = talk_to_server(job, service)
        finally:
            children.stop(child)
        log.seek(0)
        return judge_server(job, server, talk, log.read())


# == all of them ==
class Jobs:
    """Everything that is to be tried, in the order of the table."""

    def __init__(self, options, directory):
        self.options = options
        self.directory = directory
        self.pki = certificates.Certificates(self._make("pki"))
        self.files = self._make("files")
        self.payloads = {size: situations.payload(size) for size in (situations.SMALL, situations.LARGE)}
        for size, data in self.payloads.items():
            (self.files / f"{size}.txt").write_bytes(data)
        (self.files / "browser.html").write_bytes((programs.HERE / "browser.html").read_bytes())
        self.echo = children.EchoServer()
        self.count = 0

    def _make(self, name):
        path = self.directory / name
        path.mkdir()
        return path

    def _prepare(self, product, peer):
        program, shared = [], self._make(re.sub(r"\W", "_", f"{product.name}-{peer.name}-{type(peer).__name__}"))
        if product.program:
            program = getattr(programs, product.program)(shared, self.options.cache)
        if getattr(peer, "prepare", None):
            peer.prepare(self.pki, shared)
        return program, shared

    def of(self, product, peer, runner):
        program, shared = self._prepare(product, peer)
        for backend in self.options.backend:
            for tls in self.options.tls:
                for situation in situations.SITUATIONS:
                    if self.options.situation and situation.name not in self.options.situation:
                        continue
                    self.count += 1
                    yield types.SimpleNamespace(
                        peer=peer, runner=runner, omnitls=self.options.omnitls, backend=backend, tls=tls,
                        situation=situation, pki=self.pki, files=self.files, payloads=self.payloads, shared=shared,
                        program=program, echo_port=self.echo.port, work=self._make(f"job{self.count}"))


def run(job):
    reason = job.peer.cannot.get(job.situation.name) or job.peer.cannot.get(f"TLS {job.tls}")
    if reason is None:
        outcome = job.runner(job, job.peer)
        word = "passed" if outcome.passed else "failed"
    else:
        outcome, word = Outcome(False, reason, ""), "not run"
    return {"peer": job.peer.name, "role": type(job.peer).__name__.lower(), "product": job.peer.product,
            "backend": job.backend, "tls": job.tls, "situation": job.situation.name, "outcome": word,
            "why": outcome.why, "log": outcome.log}


def run_product(product, jobs, pool, verbose):
    """The results of both roles of one product."""
    work = []
    peers = [(peer, run_client) for peer in clients.CLIENTS] + [(peer, run_server) for peer in servers.SERVERS]
    for peer, runner in peers:
        if peer.product == product.name:
            work += jobs.of(product, peer, runner)
    results = []
    for result in pool.map(run, work):
        results.append(result)
        if verbose or result["outcome"] == "failed":
            print("{outcome}: {peer} ({role}), {backend}, TLS {tls}, {situation}: {why}".format(**result), flush=True)
        if result["outcome"] == "failed":
            print("    " + result["log"].replace("\n", "\n    "), flush=True)
    return results


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("omnitls", type=os.path.abspath)
    parser.add_argument("--product", action="append", choices=[product.name for product in products.PRODUCTS])
    parser.add_argument("--backend", action="append")
    parser.add_argument("--tls", action="append", choices=VERSIONS)
    parser.add_argument("--situation", action="append", choices=[one.name for one in situations.SITUATIONS])
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--results", type=pathlib.Path, help="where to leave NAME.json for every product")
    parser.add_argument("--cache", type=lambda text: pathlib.Path(text).absolute(), help="what compilers may keep")
    parser.add_argument("--verbose", action="store_true", help="tell about everything that is tried")
    return parser.parse_args()


def built_backends(omnitls):
    done = subprocess.run([omnitls, "backends", "--json"], stdin=subprocess.DEVNULL, capture_output=True, check=True)
    return [backend["name"] for backend in json.loads(done.stdout)["backends"]]


def main():
    options = arguments()
    options.backend = options.backend or built_backends(options.omnitls)
    options.tls = options.tls or VERSIONS
    wanted = [product for product in products.PRODUCTS if not options.product or product.name in options.product]
    os.environ.pop("OMNITLS_BACKEND", None)
    os.environ["PATH"] += os.pathsep + "/usr/sbin"  # where nginx may be, and not everybody looks
    children.stop_with_this_process()
    found = []
    with tempfile.TemporaryDirectory(prefix="omnitls-interop-") as directory, \
            concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        directory = pathlib.Path(directory)
        options.cache = options.cache or directory / "cache"
        jobs = None
        for product in wanted:
            missing = products.missing(product) + ([] if products.command("openssl") else ["openssl"])
            record = {"product": product.name, "version": "" if missing else products.version(product),
                      "missing": missing, "results": []}
            if not missing:
                jobs = jobs or Jobs(options, directory)
                record["results"] = run_product(product, jobs, pool, options.verbose)
            found.append(record)
            if options.results:
                report.save(options.results, record)
        children.stop_all()
    print(report.table(found))
    sys.exit(report.status(found, NOTHING_RAN))


if __name__ == "__main__":
    main()
