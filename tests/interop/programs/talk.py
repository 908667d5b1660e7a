#!/usr/bin/env python3
"""A TLS client on Python's ssl module; see ../programs.py for what the programs of this directory have in common."""
import argparse
import os
import socket
import ssl
import sys
import threading


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("mode", choices=["client"])
    parser.add_argument("port", type=int)
    parser.add_argument("--name")
    parser.add_argument("--ca")
    parser.add_argument("--cert")
    parser.add_argument("--key")
    parser.add_argument("--alpn")
    parser.add_argument("--size", type=int)
    return parser.parse_args()


def receive(tls, size):
    data = bytearray()
    while len(data) < size:
        part = tls.recv(65536)
        if not part:
            break
        data += part
    return bytes(data)


def client(options):
    context = ssl.create_default_context(cafile=options.ca)
    if options.cert:
        context.load_cert_chain(options.cert, options.key)
    if options.alpn:
        context.set_alpn_protocols(options.alpn.split(","))
    with socket.create_connection(("127.0.0.1", options.port)) as tcp, \
            context.wrap_socket(tcp, server_hostname=options.name) as tls:
        sent = os.urandom(options.size)
        writer = threading.Thread(target=tls.sendall, args=(sent,), daemon=True)
        writer.start()
        back = receive(tls, len(sent))
        writer.join()
        if back != sent:
            raise OSError(f"{len(back)} of {len(sent)} bytes came back")
        print("version", tls.version())
        print("alpn", tls.selected_alpn_protocol() or "none")
        tls.unwrap().close()


def main():
    try:
        client(arguments())
    except OSError as error:
        sys.exit(f"refused: {error}")


if __name__ == "__main__":
    main()
