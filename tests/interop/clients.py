"""Clients that talk to omnitls server: one entry each.

name      as in the table
product   one of products.py's
service   what the server is to be: "echo" or "http"
command   (task) -> the arguments; a task has pki, situation, port, work, shared, program and url
carries   how the data is seen: "stdin" (the client sends what it is given and prints what comes back), "page" (it prints
          what it fetched), "itself" (it sends, compares, and its exit status tells) or "browser" (a script in the page
          fetches, and what is on the screen tells; the exit status is always 0)
refusals  why it refuses, or is refused: patterns by situation.refused
tells     "version" and "alpn": patterns, where it says what was agreed
cannot    situations, and versions ("TLS 1.3"), that it has no means for, and why
status    exit statuses that are fine when all went well
prepare   (pki, shared): once, before all tasks; shared is a directory for what it makes
"""
import collections
import subprocess

import certificates
import products
import situations

Client = collections.namedtuple("Client", "name product service command carries refusals tells cannot status prepare")

ALERT = r"alert|handshake.?failure|certificate.?required"
SILENT = ""  # it does not say why; its exit status and the server do


def _client(name, product, service, command, carries, refusals, tells=None, cannot=None, status=(0,), prepare=None):
    return Client(name, product, service, command, carries, refusals, tells or {}, cannot or {}, status, prepare)


def pair(task, cert, key):
    """The options that show the client's certificate."""
    if not task.situation.has:
        return []
    return [cert, task.pki["client.pem"], key, task.pki["client.key"]]


def offer(task, option):
    return [option, situations.OFFERED] if task.situation.alpn else []


def curl(task):
    return ["curl", "-sSv", "--noproxy", "*", "--cacert", task.pki["ca.pem"], "--resolve",
            f"localhost:{task.port}:127.0.0.1", *pair(task, "--cert", "--key"), task.url]


def wget(task):
    return ["wget", "--no-config", "--no-proxy", "--no-hsts", "-nv", "-t", "1", "-O", "-", "-4", "--ca-certificate",
            task.pki["ca.pem"], *pair(task, "--certificate", "--private-key"), task.url]


def s_client(task):
    return ["openssl", "s_client", "-connect", f"127.0.0.1:{task.port}", "-servername", "localhost", "-nocommands",
            "-verify_return_error", "-verify_hostname", "localhost", "-CAfile", task.pki["ca.pem"],
            *pair(task, "-cert", "-key"), *offer(task, "-alpn")]


def gnutls_cli(task):
    alpn = [f"--alpn={name}" for name in situations.OFFERED.split(",")] if task.situation.alpn else []
    return ["gnutls-cli", f"--port={task.port}", f"--x509cafile={task.pki['ca.pem']}", *alpn,
            *pair(task, "--x509certfile", "--x509keyfile"), "--sni-hostname=localhost", "--verify-hostname=localhost",
            "127.0.0.1"]


def tstclnt(task):
    """It does not end at the end of its standard input, so it gets a file.  It shows what its database has, asked or
    not."""
    database = task.shared / ("client" if task.situation.has else "nobody")
    request = task.work / "request"
    request.write_bytes(f"GET /{task.situation.size}.txt HTTP/1.0\r\nHost: localhost\r\n\r\n".encode())
    return ["tstclnt", "-4", "-v", "-h", "localhost", "-p", task.port, "-d", f"sql:{database}", "-V",
            "tls1.2:tls1.3", "-A", request]


def nss_database(pki, directory):
    """Trust for ca.pem, as NSS keeps it."""
    directory.mkdir(parents=True)
    nss(directory, "certutil", "-N", "--empty-password")
    nss(directory, "certutil", "-A", "-n", "ca", "-t", "C,,", "-i", pki["ca.pem"])


def nss(directory, *words):
    subprocess.run([*words, "-d", f"sql:{directory}"], stdin=subprocess.DEVNULL, capture_output=True, check=True)


def nss_databases(pki, directory):
    """One with the client's certificate in it, and one without."""
    nss_database(pki, directory / "nobody")
    nss_database(pki, directory / "client")
    nss(directory / "client", "pk12util", "-i", pki["client.p12"], "-W", certificates.PASSWORD, "-K", "")


def talk(task):
    return [*task.program, "client", task.port, "--name", "localhost", "--ca", task.pki["ca.pem"], "--size",
            task.situation.size, *pair(task, "--cert", "--key"), *offer(task, "--alpn")]


def chromium(task):
    """Without the sandbox, which root cannot have; nothing that it would do on its own account."""
    quiet = ["--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update",
             "--disable-sync", "--disable-default-apps", "--no-default-browser-check", "--no-proxy-server"]
    return ["env", f"HOME={task.shared}", products.command("chromium|chromium-browser|google-chrome"), "--headless",
            "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", *quiet, f"--user-data-dir={task.work / 'profile'}",
            "--host-resolver-rules=MAP localhost 127.0.0.1", "--virtual-time-budget=20000", "--timeout=30000",
            "--dump-dom", f"https://localhost:{task.port}/browser.html?{task.situation.size}"]


def chromium_home(pki, directory):
    """Chromium trusts what is in the NSS database of the home directory."""
    nss_database(pki, directory / ".pki" / "nssdb")


TALK_TELLS = {"version": r"version (\S+)", "alpn": r"alpn (\S+)"}

CLIENTS = (
    _client("curl", "curl", "http", curl, "page",
            {"name": r"subject name matches|does not match target", "issuer": r"local issuer|self.signed|issuer is unknown",
             "client": ALERT},
            {"version": r"SSL connection using (\S+)", "alpn": r"ALPN[:,] server accepted (?:to use )?(\S+)"}),
    _client("wget", "wget", "http", wget, "page",
            {"name": r"owner does not match|name matches", "issuer": r"is not trusted|locally verify", "client": SILENT},
            cannot={"alpn": "offers no protocols"}),
    _client("openssl s_client", "openssl", "echo", s_client, "stdin",
            {"name": r"hostname mismatch", "issuer": r"self.signed certificate in|local issuer", "client": ALERT},
            {"version": r"New, (TLSv[\d.]+),|Protocol +: (TLSv[\d.]+)", "alpn": r"ALPN protocol: (\S+)"}),
    _client("gnutls-cli", "gnutls", "echo", gnutls_cli, "stdin",
            {"name": r"does not match", "issuer": r"issuer is unknown|not trusted", "client": ALERT},
            {"version": r"Description: \((TLS[\d.]+)", "alpn": r"Application protocol: (\S+)"}),
    _client("NSS tstclnt", "nss", "http", tstclnt, "page",
            {"name": r"SSL_ERROR_BAD_CERT_DOMAIN", "issuer": r"SEC_ERROR_(UNKNOWN_ISSUER|UNTRUSTED_ISSUER)",
             "client": r"SSL_ERROR_\w*(ALERT|CERT)\w*"},
            {"version": r"SSL version (3\.\d)"}, {"alpn": "has no option for it"}, prepare=nss_databases),
    _client("mbedTLS", "mbedtls", "echo", talk, "itself",
            {"name": r"does not match", "issuer": r"not correctly signed", "client": ALERT}, TALK_TELLS,
            {"TLS 1.3": "the program speaks TLS 1.2 alone, as mbedTLS 2.28 does"}),
    _client("Python ssl", "python", "echo", talk, "itself",
            {"name": r"Hostname mismatch", "issuer": r"self.signed certificate in|local issuer", "client": ALERT},
            TALK_TELLS),
    _client("Node.js", "node", "echo", talk, "itself",
            {"name": r"ERR_TLS_CERT_ALTNAME_INVALID", "issuer": r"SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_",
             "client": ALERT}, TALK_TELLS),
    _client("Java", "java", "echo", talk, "itself",
            {"name": r"No subject alternative DNS name matching", "issuer": r"unable to find valid certification path",
             "client": ALERT}, TALK_TELLS),
    _client("Go", "go", "echo", talk, "itself",
            {"name": r"certificate is valid for elsewhere.test, not localhost", "issuer": r"unknown authority",
             "client": ALERT + r"|bad certificate"}, TALK_TELLS),
    _client("Chromium", "chromium", "http", chromium, "browser",
            {"name": r"ERR_CERT_COMMON_NAME_INVALID", "issuer": r"ERR_CERT_AUTHORITY_INVALID",
             "client": r"ERR_BAD_SSL_CLIENT_AUTH_CERT"},
            {"alpn": r"over (\S+) in"},
            {"client_cert": "asks its user which one to show", "no_client_cert": "asks its user which one to show"},
            prepare=chromium_home),
)
