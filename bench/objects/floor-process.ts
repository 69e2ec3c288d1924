import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import process from "node:process";
import { DatabaseSync } from "node:sqlite";
import { WebSocketServer } from "ws";

/**
 * `FILE`: the least that a counter on a host can be. One transaction for each call, over HTTP and over WebSockets; no
 * names, tokens, keys, limits or watchers.
 */
const [file = ""] = process.argv.slice(2);
const database = new DatabaseSync(file);
database.exec("PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL");
database.exec("CREATE TABLE counter (id TEXT PRIMARY KEY, value INTEGER NOT NULL)");
const increment = database.prepare(
  "INSERT INTO counter VALUES (?, 1) ON CONFLICT DO UPDATE SET value = value + 1 RETURNING value",
);

const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on("data", (chunk: Buffer) => chunks.push(chunk));
  request.on("end", () => {
    JSON.parse(Buffer.concat(chunks).toString() || "{}");
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify(answerOf(request.url ?? "")));
  });
});

new WebSocketServer({ server }).on("connection", (socket, { url = "" }) => {
  socket.send(JSON.stringify({ type: "state", seq: 0, exists: true, state: null }));
  socket.send(JSON.stringify({ type: "ready", seq: 0 }));
  socket.on("message", (text) => {
    const { id } = JSON.parse(String(text));
    socket.send(JSON.stringify({ type: "result", id, ...answerOf(url) }));
  });
});

function answerOf(path: string) {
  const [, , , , id = ""] = path.split("/");
  const { value = 0 } = increment.get(id) ?? {};
  return { seq: value, result: { value }, changed: true, repeated: false };
}

server.listen(0, "127.0.0.1", () => {
  process.stdout.write(`serving http://127.0.0.1:${(server.address() as AddressInfo).port}\n`);
});
