"""Servers that omnitls client talks to: one entry each.

name      as in the table
product   one of products.py's
command   (task) -> the arguments; a task has pki, situation, port, echo_port, work, files and program
service   (situation) -> what it is then: "echo" (sends back), "file" (HTTP, the file SIZE.txt) or "page" (HTTP, a page
          that tells about the connection)
cannot    situations that it has no means for, and why
page      what stands in the answer where the server refuses a client without certificate not in TLS but in HTTP
"""
import collections

import products
import situations

Server = collections.namedtuple("Server", "name product command service cannot page")


def _server(name, product, command, service, cannot=None, page=None):
    return Server(name, product, command, service, cannot or {}, page)


def shown(task):
    """The chain and key that clients get who ask for nobody; with by_name, localhost is another one."""
    return task.pki.shown("wrong_name" if task.situation.by_name else task.situation.shown)


def s_server(task):
    cert, key = shown(task)
    words = ["openssl", "s_server", "-accept", f"127.0.0.1:{task.port}", "-cert", cert, "-cert_chain", cert, "-key",
             key, "-WWW" if task.situation.size > situations.SMALL else "-www"]
    if task.situation.asks:
        words += ["-Verify", "2", "-verify_return_error", "-CAfile", task.pki["client_ca.pem"]]
    if task.situation.alpn:
        words += ["-alpn", situations.AGREED]
    if task.situation.by_name:
        other_cert, other_key = task.pki.shown(task.situation.shown)
        # It has no option for the chain of the second certificate, and finds it among those that it trusts.
        words += ["-servername", "localhost", "-cert2", other_cert, "-key2", other_key, "-CAfile",
                  task.pki["issuing.pem"]]
    return words


def gnutls_serv(task):
    cert, key = shown(task)
    words = ["gnutls-serv", "-q", f"--port={task.port}", f"--x509certfile={cert}", f"--x509keyfile={key}",
             "--echo" if task.situation.size > situations.SMALL else "--http"]
    if task.situation.asks:
        words += ["-r", "--verify-client-cert", f"--x509cafile={task.pki['client_ca.pem']}"]
    else:
        words += ["-a"]
    if task.situation.alpn:
        words += [f"--alpn={situations.AGREED}"]
    if task.situation.by_name:
        other_cert, other_key = task.pki.shown(task.situation.shown)
        words += [f"--x509certfile={other_cert}", f"--x509keyfile={other_key}"]
    return words


NGINX = """daemon off;
master_process off;
pid {work}/nginx.pid;
error_log stderr;
events {{}}
http {{
  access_log off;
  client_body_temp_path {work}/body;
  proxy_temp_path {work}/proxy;
  fastcgi_temp_path {work}/fastcgi;
  uwsgi_temp_path {work}/uwsgi;
  scgi_temp_path {work}/scgi;
  ssl_protocols TLSv1.2 TLSv1.3;
  root {files};
  {servers}
}}
"""
NGINX_SERVER = "server {{ listen 127.0.0.1:{port} ssl; server_name {name}; ssl_certificate {cert}; " \
               "ssl_certificate_key {key}; {more} }}\n"


def nginx(task):
    cert, key = shown(task)
    more = ""
    if task.situation.asks:
        more = f"ssl_verify_client on; ssl_client_certificate {task.pki['client_ca.pem']};"
    servers = NGINX_SERVER.format(port=task.port, name="_", cert=cert, key=key, more=more)
    if task.situation.by_name:
        cert, key = task.pki.shown(task.situation.shown)
        servers += NGINX_SERVER.format(port=task.port, name="localhost", cert=cert, key=key, more=more)
    settings = task.work / "nginx.conf"
    settings.write_text(NGINX.format(work=task.work, files=task.files, servers=servers))
    return ["nginx", "-e", "stderr", "-p", task.work, "-c", settings]


def stunnel(task):
    cert, key = shown(task)
    lines = ["foreground = yes", f"pid = {task.work}/stunnel.pid", "socket = l:TCP_NODELAY=1", "socket = r:TCP_NODELAY=1",
             "[main]", f"accept = 127.0.0.1:{task.port}", f"connect = 127.0.0.1:{task.echo_port}", f"cert = {cert}",
             f"key = {key}"]
    if task.situation.asks:
        lines += [f"CAfile = {task.pki['client_ca.pem']}", "verifyChain = yes", "requireCert = yes"]
    if task.situation.by_name:
        cert, key = task.pki.shown(task.situation.shown)
        lines += ["[named]", "sni = main:localhost", f"connect = 127.0.0.1:{task.echo_port}", f"cert = {cert}",
                  f"key = {key}"]
    settings = task.work / "stunnel.conf"
    settings.write_text("\n".join(lines) + "\n")
    return [products.command("stunnel4|stunnel"), settings]


def talk(task):
    cert, key = shown(task)
    words = [*task.program, "server", task.port, "--cert", cert, "--key", key]
    if task.situation.asks:
        words += ["--ca", task.pki["client_ca.pem"]]
    if task.situation.alpn:
        words += ["--alpn", situations.AGREED]
    if task.situation.by_name:
        cert, key = task.pki.shown(task.situation.shown)
        words += ["--name", "localhost", "--othercert", cert, "--otherkey", key]
    return words


def _always(service):
    return lambda _situation: service


def _when_large(large, small):
    return lambda situation: large if situation.size > situations.SMALL else small


SERVERS = (
    _server("openssl s_server", "openssl", s_server, _when_large("file", "page")),
    _server("gnutls-serv", "gnutls", gnutls_serv, _when_large("echo", "page")),
    _server("nginx", "nginx", nginx, _always("file"), page=b"No required SSL certificate was sent"),
    _server("Node.js", "node", talk, _always("echo")),
    _server("Go", "go", talk, _always("echo")),
    _server("Java", "java", talk, _always("echo"), {"sni": "its stock key manager does not choose by name"}),
    _server("stunnel", "stunnel", stunnel, _always("echo"), {"alpn": "has no option for it"}),
)
