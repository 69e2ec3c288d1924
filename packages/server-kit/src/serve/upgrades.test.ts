import { once } from "node:events";
import { connect } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { post, start } from "./_http.ts";

/** Sends text in two parts and gives what was answered until the connection closed. */
async function exchange(url: string, ...parts: readonly string[]): Promise<string> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  onTestFinished(() => void socket.destroy());
  let text = "";
  socket.on("data", (chunk) => {
    text += chunk;
  });
  await once(socket, "connect");
  for (const part of parts) {
    socket.write(part);
    await new Promise(setImmediate);
  }
  await once(socket, "close");
  return text;
}

const BODY = '{"jsonrpc":"2.0","id":1,"method":"ping"}';
const asking = (path: string, upgrade: string, more = "") =>
  `POST ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: ${upgrade}\r\nHTTP2-Settings: AAMAAABk\r\n${more}Content-Type: application/json\r\nContent-Length: ${BODY.length}\r\n\r\n`;

test("a websocket is handed over, with what may be asked of its request", async () => {
  const { url } = await start(
    {},
    {
      bearerKey: "sesame",
      upgrade(request, socket, _head, asks) {
        if (request.url !== "/events") return false;
        const verdicts = [asks.foreign(request), asks.authenticate(request)];
        socket.end(JSON.stringify(verdicts));
        return true;
      },
    },
  );
  const head = "GET /events HTTP/1.1\r\nConnection: upgrade\r\nUpgrade: WebSocket\r\n";
  const good = await exchange(url, `${head}Host: 127.0.0.1\r\nX-API-Key: sesame\r\n\r\n`);
  expect(JSON.parse(good)).toMatchObject([null, { kind: "key" }]);
  const bad = await exchange(url, `${head}Host: evil.example\r\n\r\n`);
  expect(JSON.parse(bad)).toEqual(["Invalid Host: evil.example", expect.anything()]);
  expect(JSON.parse(bad)[1]).toMatchObject({ refused: "missing" });
});

test("whoever would like another protocol gets its answer in this one, body and all", async () => {
  const { url } = await start({ ping: () => ({}) }, { upgrade: () => false });
  const close = "Connection: close\r\n";
  for (const upgrade of ["h2c", "websocket"]) {
    const wish = asking("/mcp", upgrade, close);
    const asked = await exchange(url, wish, BODY.slice(0, 10), BODY.slice(10));
    const plain = await post(url, BODY);
    expect(asked).toMatch(new RegExp(`^HTTP/1.1 ${plain.status} `));
    expect(asked).toContain(plain.text.slice(0, 40));
  }
});

test("several requests of one connection are answered, each with its wish", async () => {
  const { url } = await start({}, { upgrade: () => false });
  const get = "GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n";
  const wish = `${get}Connection: Upgrade\r\nUpgrade: h2c\r\n\r\n`;
  const answered = await exchange(url, wish, wish, `${get}Connection: close\r\n\r\n`);
  expect(answered.match(/"ok":true/g)).toHaveLength(3);
});
