"""What is tried with every peer.  Clients always want localhost and trust ca.pem: only the server changes, and what the
client shows."""
import collections
import os

SMALL, LARGE = 4096, 10 * 1000 * 1000

OFFERED = "h2,http/1.1"  # what a client offers where application protocols are tried
AGREED = "http/1.1"      # what the server speaks of them

# shown         the server's certificate, one of certificates.SERVERS
# refused       None: all goes well; else who refuses, and why: "name", "issuer" (the client does), "client" (the server)
# asks          the server requires a certificate of the client
# has           the client has one
# alpn          both sides have application protocols
# by_name       the server shows another certificate to clients that do not say whom they want
# size          bytes of data
Situation = collections.namedtuple("Situation", "name title shown refused asks has alpn by_name size")


def _situation(name, title, shown="right", refused=None, asks=False, has=False, alpn=False, by_name=False, size=SMALL):
    return Situation(name, title, shown, refused, asks, has, alpn, by_name, size)


SITUATIONS = (
    _situation("trusted", "right name, known CA"),
    _situation("wrong_name", "wrong name: refused", shown="wrong_name", refused="name"),
    _situation("unknown_ca", "unknown CA: refused", shown="stranger", refused="issuer"),
    _situation("client_cert", "client certificate required and shown", asks=True, has=True),
    _situation("no_client_cert", "client certificate required, none shown: refused", asks=True, refused="client"),
    _situation("alpn", "ALPN: h2 and http/1.1 offered, http/1.1 agreed", alpn=True),
    _situation("sni", "certificate chosen by SNI", by_name=True),
    _situation("bulk", "10 MB, to a client and back where it sends; RSA", shown="rsa", size=LARGE),
)


def payload(size):
    """Lines of lower case: some peers take a line that begins with a capital letter for a command."""
    text = os.urandom(size // 2).hex().encode()
    return b"\n".join(text[i:i + 63] for i in range(0, size - size // 64, 63))[:size - 1].ljust(size - 1, b"0") + b"\n"
