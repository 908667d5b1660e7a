"""The software that OmniTLS is tried with: the commands that must be there, and how each says which version it is."""
import collections
import os
import re
import shutil
import subprocess

# needs      commands, and files with their paths; all must be there.  A command with another name on other systems: alternatives with a bar.
# asks       prints the version, which the pattern finds
# program    how it is prepared, one of programs.py's functions
Product = collections.namedtuple("Product", "name needs asks pattern program")


def _product(name, needs, asks, pattern, program=None):
    return Product(name, needs.split(), asks.split(" "), pattern, program)


PRODUCTS = (
    _product("curl", "curl", "curl --version", r"curl ([\d.]+).*?((?:OpenSSL|GnuTLS|LibreSSL|wolfSSL|mbedTLS)/\S+)"),
    _product("wget", "wget", "wget --version", r"Wget ([\d.]+)(?:.*?\+ssl/(\w+))?"),
    _product("openssl", "openssl", "openssl version", r"OpenSSL (\S+)"),
    _product("gnutls", "gnutls-cli gnutls-serv", "gnutls-cli --version", r"gnutls-cli (\S+)"),
    _product("nss", "tstclnt certutil pk12util", "dpkg-query -W -f ${Version} libnss3-tools", r"(?:\d+:)?([\d.]+)"),
    _product("mbedtls", "cc /usr/include/mbedtls/ssl.h", "grep -rh VERSION_STRING_FULL /usr/include/mbedtls",
             r"mbed TLS ([\d.]+)", "mbedtls"),
    _product("python", "python3", "python3 -c import\tssl,sys;print(sys.version.split()[0],ssl.OPENSSL_VERSION)",
             r"(\S+) (\S+ \S+)", "python"),
    _product("node", "node", "node -p `${process.versions.node}\tOpenSSL/${process.versions.openssl}`", r"(\S+)\s+(\S+)",
             "node"),
    _product("java", "java javac", "java -version", r'version "([^"]+)"', "java"),
    _product("go", "go", "go version", r"go([\d.]+)", "go"),
    _product("nginx", "nginx", "nginx -V", r"nginx/([\d.]+).*?built with (OpenSSL \S+)"),
    _product("stunnel", "stunnel4|stunnel", "stunnel4 -version", r"stunnel ([\d.]+).*?(OpenSSL \S+)"),
    _product("chromium", "chromium|chromium-browser|google-chrome certutil", "chromium --version", r"Chrom\w+ (\d[\d.]+)"),
)


def named(name):
    return next(product for product in PRODUCTS if product.name == name)


def command(alternatives):
    """The command that is there of "a|b", or None."""
    return next((name for name in alternatives.split("|") if shutil.which(name) or os.path.isfile(name)), None)


def missing(product):
    return [need for need in product.needs if command(need) is None]


def version(product):
    """ "7.88.1 OpenSSL/3.0.15", or "" where it does not say."""
    words = [word.replace("\t", " ") for word in product.asks]
    words[0] = next((command(need) for need in product.needs if words[0] in need.split("|")), words[0])
    if shutil.which(words[0]) is None:
        return ""
    done = subprocess.run(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          errors="replace", check=False, timeout=60)
    found = re.search(product.pattern, done.stdout, re.DOTALL)
    return " ".join(part for part in found.groups() if part) if found else ""
