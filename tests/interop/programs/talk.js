// A TLS client and server on Node.js; see ../programs.py for what the programs of this directory have in common.
"use strict";
const crypto = require("crypto");
const fs = require("fs");
const tls = require("tls");

function parse(words) {
  const options = { mode: words[0], port: Number(words[1]) };
  for (let i = 2; i < words.length; i += 2) options[words[i].slice(2)] = words[i + 1];
  return options;
}

function fail(error) {
  console.error(`refused: ${error.code || ""} ${error.message}`);
  process.exit(1);
}

function material(options) {
  const result = {};
  if (options.ca) result.ca = fs.readFileSync(options.ca);
  if (options.cert) result.cert = fs.readFileSync(options.cert);
  if (options.key) result.key = fs.readFileSync(options.key);
  if (options.alpn) result.ALPNProtocols = options.alpn.split(",");
  return result;
}

function client(options) {
  const sent = crypto.randomBytes(Number(options.size));
  const parts = [];
  let received = 0;
  const socket = tls.connect({ host: "127.0.0.1", port: options.port, servername: options.name, ...material(options) });
  socket.on("error", fail);
  socket.on("secureConnect", () => socket.write(sent));
  socket.on("data", (part) => {
    parts.push(part);
    received += part.length;
    if (received < sent.length) return;
    if (!Buffer.concat(parts).equals(sent)) fail(new Error("other bytes came back"));
    console.log(`version ${socket.getProtocol()}`);
    console.log(`alpn ${socket.alpnProtocol || "none"}`);
    socket.end();
  });
  socket.on("close", () => { if (received < sent.length) fail(new Error("closed early")); });
}

function server(options) {
  const settings = material(options);
  if (options.ca) Object.assign(settings, { requestCert: true, rejectUnauthorized: true });
  const service = tls.createServer(settings, (socket) => {
    socket.on("error", () => socket.destroy());
    socket.pipe(socket);
  });
  if (options.othercert)
    service.addContext(options.name, { cert: fs.readFileSync(options.othercert), key: fs.readFileSync(options.otherkey) });
  service.on("tlsClientError", (error) => console.error(`client: ${error.message}`));
  service.listen(options.port, "127.0.0.1");
}

const options = parse(process.argv.slice(2));
(options.mode === "client" ? client : server)(options);
