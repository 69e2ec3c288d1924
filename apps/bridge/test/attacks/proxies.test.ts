import { expect, test } from "vitest";
import { type Attack, type Attacked, attackedBridge, refuses } from "./_attacked.ts";

/** Only TLS, up to the one proxy that is trusted: this machine. */
const attacked = attackedBridge({ http: { requireHttps: true } }, {}, "https");

type Pair = readonly [string, string];
const from =
  (path: string, ...headers: Pair[]) =>
  (it: Attacked) =>
    it.raw({
      path,
      headers: [["Host", `127.0.0.1:${it.port}`], ["X-API-Key", it.keys.admin], ...headers],
    });
const STRANGER: Pair = ["X-Forwarded-For", "198.51.100.7"];
const doors = [
  ["/api/mcp/history", "denied"],
  ["/mcp", -32000],
  ["/api/mcp/docs", "denied"],
] as const;

const attacks: Attack[] = (
  [
    ["without a word", []],
    ["by http", [["X-Forwarded-Proto", "http"]]],
    ["by http, and says https itself", [["X-Forwarded-Proto", "https, http"]]],
    ["by http, as Forwarded says", [["Forwarded", "for=198.51.100.7;proto=http"]]],
    ["with another word for it", [["X-Forwarded-Ssl", "on"]]],
    ["with the scheme in its address", [["X-Url-Scheme", "https"]]],
  ] as const
).flatMap(([what, headers]) =>
  doors.map(([path, code]) => ({
    what: `a stranger that comes to ${path} ${what}`,
    send: from(path, STRANGER, ...headers),
    refused: [403, code] as const,
    row: { event: "request_refused", reason: "not https" },
  })),
);

test("whoever looks after the bridge learns without TLS that it serves, and nothing else", async () => {
  for (const path of ["/healthz", "/readyz"]) {
    expect((await from(path, STRANGER)(attacked())).status).toBe(200);
  }
  expect((await from("/healthz/../api/mcp/history", STRANGER)(attacked())).status).toBe(403);
});

test("who came over TLS is let in, and has its own address", async () => {
  const https: Pair = ["X-Forwarded-Proto", "https"];
  const { status } = await from("/api/mcp/history", STRANGER, https)(attacked());
  expect(status).toBe(200);
  const wrong = await attacked().raw({
    path: "/api/mcp/history",
    headers: [["Host", "127.0.0.1"], ["X-API-Key", "wrong"], STRANGER, https],
  });
  expect(wrong.status).toBe(401);
  const [refusal] = await attacked().audit("event=credential_refused");
  expect(refusal).toMatchObject({ address: "198.51.100.7" });
});

refuses(attacked, attacks);
