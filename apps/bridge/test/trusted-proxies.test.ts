import { readFileSync } from "node:fs";
import { type IncomingMessage, request } from "node:http";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { objectOf, objectsOf } from "../src/cli/data.ts";
import { hasNginx, type Nginx, startNginx } from "./_nginx.ts";
import { type RestBridge, startRest } from "./_rest.ts";

/** nginx as the example has it, and callers of this machine with addresses of their own. */
let bridge: RestBridge;
let nginx: Nginx;
let admin: { "x-api-key": string };
beforeAll(async () => {
  if (!hasNginx) return;
  bridge = await startRest({ http: { trustedProxies: ["127.0.0.1"] } });
  nginx = await startNginx([bridge.url, bridge.url, bridge.url]);
  admin = { "x-api-key": readFileSync(join(bridge.home, "admin.key"), "utf8").trim() };
}, 60_000);
afterAll(async () => {
  await nginx?.stop();
  await bridge?.stop();
});

/** The status that a caller at that address gets through nginx. */
function ask(localAddress: string, headers: Record<string, string>): Promise<number | undefined> {
  const url = nginx.url.replace(/\/mcp$/, "/api/mcp/history");
  return new Promise((resolve, reject) => {
    const sent = request(url, { localAddress, headers }, (response: IncomingMessage) => {
      response.resume();
      resolve(response.statusCode);
    });
    sent.on("error", reject).end();
  });
}

async function newKey(): Promise<string> {
  const { body } = await bridge.post("keys", { name: "person", scopes: ["one:*"] }, admin);
  return String(objectOf(body.data).key);
}

test.skipIf(!hasNginx)(
  "whoever comes from a proxy's address needs a key, before there is any",
  async () => {
    expect(await ask("127.0.0.99", {})).toBe(401);
    // It may be a proxy that says nothing.
    expect((await bridge.get("history")).status).toBe(401);
  },
);

test.skipIf(!hasNginx)(
  "behind nginx, the wrong keys of one caller keep nobody else out",
  async () => {
    const claimed = { "x-forwarded-for": "127.0.0.1", forwarded: "for=127.0.0.1", via: "1.1 me" };
    const statuses = new Set<number | undefined>();
    // Twenty, or some more where a minute ends meanwhile.
    for (let time = 0; time < 60 && !statuses.has(429); time += 1) {
      statuses.add(await ask("127.0.0.66", { "x-api-key": `wrong ${time}`, ...claimed }));
    }
    expect([...statuses]).toEqual([401, 429]);
    const key = await newKey();
    expect(await ask("127.0.0.66", { "x-api-key": key, ...claimed })).toBe(429);
    expect(await ask("127.0.0.77", { "x-api-key": key })).toBe(200);
  },
);

test.skipIf(!hasNginx)("the audit log names the caller, whatever it says of itself", async () => {
  const claimed = { "x-forwarded-for": "192.0.2.1", "x-real-ip": "192.0.2.1" };
  expect(await ask("127.0.0.88", { "x-api-key": "wrong", ...claimed })).toBe(401);
  const { body } = await bridge.get("security/audit-logs?event=credential_refused", admin);
  const [latest] = objectsOf(objectOf(body.data).entries).map(({ entry }) => objectOf(entry));
  expect(latest).toMatchObject({ reason: "unknown", address: "127.0.0.88" });
});
