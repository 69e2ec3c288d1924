import { expect, test } from "vitest";
import { objectOf } from "../../src/cli/data.ts";
import { type Attack, type Attacked, attackedBridge, expectRow, refuses } from "./_attacked.ts";

/** What is kept of one caller and named by an id, and ids that are none. */
const attacked = attackedBridge({ results: { maxBytes: 1_000 } });

/** As they stand in a path, after the client has done its part. */
const ways: readonly (readonly [what: string, id: string])[] = [
  ["a way up", "..%2f..%2fadmin.key"],
  ["a way up, encoded twice", "..%252f..%252fadmin.key"],
  ["a way up in another encoding", "..%c0%afadmin.key"],
  ["a way up of Windows", "..%5c..%5cadmin.key"],
  ["an absolute path", "%2fetc%2fpasswd"],
  ["a drive", "C:%5cwindows%5cwin.ini"],
  ["a share", "%5c%5chost%5cshare"],
  ["a device", "NUL"],
  ["an address of a file", "file:%2f%2f%2fetc%2fpasswd"],
  ["a NUL", "a%00.json"],
  ["nothing but dots", "%2e%2e"],
  ["a name of the prototype", "__proto__"],
  ["what every object has", "constructor"],
  ["a quote", "a'%20or%20'1'='1"],
  ["a pattern", "%25"],
  ["10,000 letters", "a".repeat(10_000)],
];

const places: readonly (readonly [method: string, before: string, after: string, body?: object])[] =
  [
    ["GET", "history/", ""],
    ["GET", "chains/", ""],
    ["GET", "results/", ""],
    ["GET", "tools/", ""],
    ["DELETE", "keys/", ""],
    ["POST", "keys/", "/rotate", {}],
    ["GET", "review/", ""],
    ["POST", "webhooks/", "", {}],
    ["DELETE", "servers/", ""],
    ["POST", "servers/", "/restart", {}],
    ["GET", "servers/", "/stderr"],
    ["DELETE", "config/", ""],
    ["POST", "sign-ins/", "", {}],
  ];

const ROW = (status: number) => ({ event: "request_refused", status });

/** By the administrator, whom no scope keeps from anything: nothing but the id is wrong. */
async function ask(it: Attacked, at: number, id: string) {
  const [method = "", before = "", after = "", body] = places[at] ?? [];
  return it.rest("admin", `${before}${id}${after}`, { method, ...(body && { body }) });
}

test.each(
  places.map(([method, before, after], at) => ({ at, what: `${method} ${before}:id${after}` })),
)("$what knows nothing by any other name", async ({ at }) => {
  const asked = ways.map(async ([what, id]) => ({ what, ...(await ask(attacked(), at, id)) }));
  for (const { what, status, code, text } of await Promise.all(asked)) {
    expect(["400 invalid_input", "404 not_found"], `${what}: ${text}`).toContain(
      `${status} ${code}`,
    );
    expect(text).not.toMatch(/root:|trestle_[\w-]{20}/);
  }
});

const arguments_ = (args: string) => `{"tool":"one.echo","arguments":${args}}`;
const foreign: Attack[] = [
  ...ways.map(([what, id]) => ({
    what: `${what} as the id of a result, over MCP`,
    send: (it: Attacked) =>
      it.rpc("narrow", "resources/read", { uri: `result://${id.slice(0, 1_000)}` }),
    refused: [200, -32602] as const,
    row: { event: "request_refused", reason: "invalid params" },
  })),
  ...[
    "x",
    "../1",
    "MTA=",
    '{"__proto__":{"after":0}}',
    "1e9",
    "-1",
    "\u0000",
    "eyJhbGciOiJub25lIn0",
  ].map((cursor) => ({
    what: `the cursor ${JSON.stringify(cursor)}`,
    send: (it: Attacked) => it.rpc("narrow", "tools/list", { cursor }),
    refused: [200, -32602] as const,
    row: { event: "request_refused", reason: "invalid params" },
  })),
  ...["before", "limit", "after"].map((name) => ({
    what: `a prototype as ${name} of the history`,
    send: (it: Attacked) => it.rest("narrow", `history?${name}=__proto__`),
    refused: [400, "invalid_input"] as const,
    row: ROW(400),
  })),
];

/** `JSON.parse` makes these members of their own; whoever copies them by assignment makes prototypes of them. */
const polluting: Attack[] = [
  ["a call", "tool/call", '{"__proto__":{"tool":"one.echo"}}', 400],
  ["a call with more", "tool/call", '{"tool":"one.echo","constructor":{"prototype":{"a":1}}}', 400],
  [
    "a batch",
    "tool/batch",
    '{"calls":[{"tool":"one.echo","__proto__":{"server":"one-two"}}]}',
    400,
  ],
  ["a chain", "chain", '{"__proto__":{"steps":[]}}', 400],
  ["a login", "login", '{"__proto__":{"admin":true}}', 400],
  ["a key", "keys", '{"name":"a","__proto__":{"scopes":["*:*"]}}', 400],
].map(([what, path, body, status]) => ({
  what: `a prototype in the body of ${what}`,
  send: (it: Attacked) => it.rest("admin", String(path), { body: String(body), method: "POST" }),
  refused: [Number(status), "invalid_input"] as const,
  row: ROW(Number(status)),
}));

const inQuery: Attack[] = [
  "__proto__",
  "constructor",
  "__proto__[limit]",
  "constructor.prototype.limit",
].map((name) => ({
  what: `${name} in the query`,
  send: (it: Attacked) => it.rest("narrow", `history?${name}=1`),
  refused: [400, "invalid_input"] as const,
  row: ROW(400),
}));

const inConfig: Attack[] = [
  "__proto__.admin",
  "constructor.prototype.admin",
  "policy.__proto__.enabled",
  "results.__proto__",
  "catalog.constructor.x",
].map((key) => ({
  what: `the key ${key} of the configuration`,
  send: (it: Attacked) =>
    it.rest("admin", `config/${key}`, { method: "PUT", body: { value: { admin: true } } }),
  refused: [400, "invalid_input"] as const,
  row: ROW(400),
}));

test("arguments that are called like the prototype change nothing", async () => {
  const args = '{"__proto__":{"text":"polluted"},"constructor":{"prototype":{"a":1}}}';
  const { status, text } = await attacked().rest("narrow", "tool/call", {
    body: arguments_(args),
    method: "POST",
  });
  expect([status, text.includes('"isError":true')]).toEqual([200, false]);
  const plain = await attacked().rest("narrow", "tool/call", { body: { tool: "one.echo" } });
  expect([plain.status, plain.text.includes("polluted")]).toEqual([200, false]);
  const key = await attacked().rest("narrow", "keys");
  expect([key.status, key.code]).toEqual([403, "denied"]);
});

test("what a caller did and was answered is nobody else's", async () => {
  const it = attacked();
  const text = "secret".repeat(500);
  const call = { name: "one__echo", arguments: { text } };
  const own = await it.rpc("narrow", "tools/call", call);
  const { result } = own.body;
  const meta = objectOf(objectOf(result)._meta);
  const id = String(objectOf(meta["trestle/call"]).execution_id);
  const handle = String(objectOf(meta["trestle/result"]).handle);
  expect((await it.rest("narrow", `history/${id}`)).status).toBe(200);
  expect((await it.rest("narrow", `results/${handle}`)).status).toBe(200);
  for (const who of ["other", "reader"] as const) {
    for (const path of [`history/${id}`, `results/${handle}`, `chains/${id}`]) {
      const { status, code } = await it.rest(who, path);
      expect([path, status, code]).toEqual([path, 404, "not_found"]);
    }
    const read = await it.rpc(who, "resources/read", { uri: `result://${handle}` });
    expect(read.code).toBe(-32602);
    const args = { text: `result://${handle}` };
    const before = it.seen().length;
    const used = await it.rpc(who, "tools/call", { name: "one__echo", arguments: args });
    expect([used.text.includes("secretsecret"), used.code]).toEqual([false, "not_found"]);
    expect(it.seen().length).toBe(before);
    expect((await it.rest(who, "history")).text).not.toContain(id);
  }
  await expectRow(it, { event: "request_refused", reason: "no such result" });
  // Nor can nobody at all.
  for (const path of [`history/${id}`, `results/${handle}`, "history", "review", "metrics"]) {
    expect((await it.rest("nobody", path)).status).toBe(401);
  }
});

refuses(attacked, [...foreign, ...polluting, ...inQuery, ...inConfig]);
