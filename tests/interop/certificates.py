"""Throw-away certificates, made with the openssl command."""
import subprocess

PASSWORD = "interop"

AUTHORITY = "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\n"
LEAF = ("basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature,keyEncipherment\n"
        "extendedKeyUsage={purpose}\n{names}")
IDS = "subjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid:always\n"

EC = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256")
RSA = ("-newkey", "rsa:2048")

# What a server can show: the issuer, the name, the key.
SERVERS = {
    "right": ("issuing", "localhost", EC),
    "rsa": ("issuing", "localhost", RSA),
    "wrong_name": ("issuing", "elsewhere.test", EC),
    "stranger": ("stranger", "localhost", EC),
}


class Certificates:
    """Files in a directory: NAME.pem is a chain, leaf first, and NAME.key its private key.

    ca             the authority that clients trust; it signs issuing, and that the servers' certificates
    stranger       an authority that nobody trusts
    right rsa wrong_name stranger_server   what servers show
    client         what clients show, signed by client_ca
    """

    def __init__(self, directory):
        self.directory = directory
        self._root("ca", "Interop CA")
        self._root("stranger", "Another CA")
        self._root("client_ca", "Client CA")
        self._signed("issuing", "ca", "Interop Issuing CA", EC, AUTHORITY)
        for name, (issuer, host, key) in SERVERS.items():
            self._leaf("stranger_server" if name == "stranger" else name, issuer, host, key)
        self._leaf("client", "client_ca", "client", EC, purpose="clientAuth")
        self._openssl("pkcs12", "-export", "-in", self["client.pem"], "-inkey", self["client.key"], "-name", "client",
                      "-passout", f"pass:{PASSWORD}", "-out", self["client.p12"])

    def __getitem__(self, name):
        return str(self.directory / name)

    def shown(self, name):
        """The chain and the key of one of SERVERS."""
        name = "stranger_server" if name == "stranger" else name
        return self[f"{name}.pem"], self[f"{name}.key"]

    @staticmethod
    def _openssl(*words):
        done = subprocess.run(["openssl", *words], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise SystemExit(f"openssl {words[0]}: {done.stderr}")

    def _request(self, name, subject, key):
        self._openssl("req", "-new", "-nodes", *key, "-subj", f"/CN={subject}", "-keyout", self[f"{name}.key"],
                      "-out", self[f"{name}.csr"])

    def _root(self, name, subject):
        self._request(name, subject, EC)
        (self.directory / f"{name}.ext").write_text(AUTHORITY + "subjectKeyIdentifier=hash\n")
        self._openssl("x509", "-req", "-in", self[f"{name}.csr"], "-signkey", self[f"{name}.key"], "-days", "30",
                      "-sha256", "-extfile", self[f"{name}.ext"], "-out", self[f"{name}.pem"])

    def _signed(self, name, issuer, subject, key, extensions):
        self._request(name, subject, key)
        (self.directory / f"{name}.ext").write_text(extensions + IDS)
        self._openssl("x509", "-req", "-in", self[f"{name}.csr"], "-CA", self[f"{issuer}.pem"], "-CAkey",
                      self[f"{issuer}.key"], "-CAcreateserial", "-days", "20", "-sha256", "-extfile",
                      self[f"{name}.ext"], "-out", self[f"{name}.pem"])

    def _leaf(self, name, issuer, host, key, purpose="serverAuth"):
        names = f"subjectAltName=DNS:{host}\n" if purpose == "serverAuth" else ""
        self._signed(name, issuer, host, key, LEAF.format(purpose=purpose, names=names))
        if issuer == "issuing":
            with open(self[f"{name}.pem"], "a", encoding="ascii") as chain, \
                    open(self["issuing.pem"], encoding="ascii") as issuing:
                chain.write(issuing.read())
