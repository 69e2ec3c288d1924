import { request as httpRequest } from "node:http";
import { silentLogger } from "@trestle/protocol";
import { expect, test, vi } from "vitest";
import { modernCall, post, start } from "./_http.ts";
import { createTestInstance } from "./_instance.ts";
import type { Presented } from "./authenticate.ts";
import { serveHttp } from "./node-http.ts";
import type { RefusedRequest } from "./tell-refused.ts";

test("a caller without the key is refused and told how to present it", async () => {
  const { url, instance } = await start({}, { bearerKey: "s3cret" });
  const [body, headers] = modernCall("t");
  const none = await post(url, body, headers);
  expect(none.status).toBe(401);
  expect(none.headers.get("www-authenticate")).toBe('Bearer realm="test"');
  const wrong = await post(url, body, { ...headers, authorization: "Bearer nope" });
  expect(wrong.status).toBe(401);
  expect(wrong.headers.get("www-authenticate")).toContain('error="invalid_token"');
  const right = await post(url, body, { ...headers, authorization: "Bearer s3cret" });
  expect(right.status).toBe(200);
  const named = await post(url, body, { ...headers, "x-api-key": "s3cret" });
  expect(named.status).toBe(200);
  const calls = instance.requests.filter(({ method }) => method === "tools/call");
  expect(calls.map(({ context }) => context.principal.kind)).toEqual(["key", "key"]);
  expect((await fetch(new URL("/healthz", url))).status).toBe(200);
});

test("serving beyond this machine needs a key", async () => {
  const options = { host: "0.0.0.0", port: 0, log: silentLogger };
  for (const names of [{}, { allowedHosts: ["example.org"] }]) {
    await expect(serveHttp(createTestInstance({}), { ...options, ...names })).rejects.toMatchObject(
      { code: "invalid_config" },
    );
  }
});

test("whoever serves may tell itself who calls", async () => {
  const seen: Presented[] = [];
  const refused: RefusedRequest[] = [];
  const { url, instance } = await start(
    {},
    {
      onRefused: (each) => refused.push(each),
      authenticate(presented) {
        seen.push(presented);
        if (presented.apiKey === "k") return { id: "key:k", kind: "key", scopes: ["a:b"] };
        if (presented.bearer === undefined) return { refused: "missing", message: "Send a key" };
        return { refused: "limited", message: "Too many", retryAfterMs: 1_500 };
      },
    },
  );
  const [body, headers] = modernCall("t");
  const none = await post(url, body, { ...headers, "x-forwarded-for": "192.0.2.1" });
  expect([none.status, JSON.parse(none.text)]).toEqual([401, { error: "Send a key" }]);
  const limited = await post(url, body, { ...headers, authorization: "Bearer x" });
  expect([limited.status, limited.headers.get("retry-after")]).toEqual([429, "2"]);
  expect((await post(url, body, { ...headers, "x-api-key": "k" })).status).toBe(200);
  const [call] = instance.requests;
  expect(call?.context.principal).toEqual({ id: "key:k", kind: "key", scopes: ["a:b"] });
  const local = { remoteAddress: "127.0.0.1", isLoopback: true };
  // What was shown is told by whoever judged it.
  await vi.waitFor(() =>
    expect(refused).toEqual([{ status: 401, reason: "missing", address: local.remoteAddress }]),
  );
  expect(seen).toEqual([
    { ...local, isLoopback: false },
    { ...local, bearer: "x" },
    { ...local, apiKey: "k" },
  ]);
});

test("a foreign Host or Origin is refused", async () => {
  const { url } = await start({});
  const [body, headers] = modernCall("t");
  expect((await post(url, body, { ...headers, origin: "http://evil.example" })).status).toBe(403);
  expect((await post(url, body, { ...headers, origin: "http://localhost:8080" })).status).toBe(200);
  const status = await new Promise((resolve) => {
    const request = httpRequest(url, { method: "POST", headers: { host: "evil.example" } });
    request.on("response", (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    request.end();
  });
  expect(status).toBe(403);
});
