import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { createSecretRegister } from "../config/secret-register.ts";
import type { Exchange } from "./exchange.ts";
import { createReplay, readRecord, writeRecord } from "./record.ts";

const folder = mkdtempSync(join(tmpdir(), "trestle-record-"));
const file = join(folder, "record.jsonl");
afterAll(() => rmSync(folder, { recursive: true }));

const call = (args: object, answer: object, meta = {}): Exchange => ({
  ...{ method: "tools/call", ms: 1 },
  params: { name: "read", arguments: { ...args }, _meta: { ...meta } },
  result: { ...answer },
});
const ask = (args: object) => ({
  ...{ jsonrpc: "2.0", id: 7, method: "tools/call" },
  params: { name: "read", arguments: { ...args }, _meta: { progressToken: 3 } },
});

test("a record holds no secret, and still answers who asks with one", () => {
  const secrets = createSecretRegister();
  secrets.add(["hunter2-hunter2"]);
  const schema = { type: "object", properties: { token: { type: "string" } } };
  const exchanges: Exchange[] = [
    { method: "tools/list", ms: 1, result: { tools: [{ name: "read", inputSchema: schema }] } },
    call({ password: "open sesame" }, { text: "it is hunter2-hunter2", api_key: "abc" }),
    call(
      { in: "text" },
      { text: '{ "list": [{"secret": "shibboleth", "n": 90071992547409931}] }' },
    ),
    { method: "ping", ms: 1, error: { code: 1, message: "Bearer abcdefghijklmnop" } },
  ];
  writeRecord(file, exchanges, secrets);
  const text = readFileSync(file, "utf8");
  for (const secret of ["hunter2", "open sesame", "shibboleth", '"abc"', "abcdefghijklmnop"]) {
    expect(text).not.toContain(secret);
  }
  expect(text).toContain("90071992547409931");
  expect(statSync(file).mode & 0o077).toBe(0);
  const replay = createReplay(readRecord(file));
  // A property called token is a schema, and no secret.
  expect(replay({ id: 1, method: "tools/list", params: {} })).toMatchObject({
    result: { tools: [{ inputSchema: schema }] },
  });
  expect(replay(ask({ password: "open sesame" }))).toMatchObject({ id: 7, result: {} });
});

test("a known secret is in no record: not as a key, in no address, and not encoded", () => {
  const secret = "hunter 2/größe?";
  const secrets = createSecretRegister();
  secrets.add([secret]);
  const encoded = Buffer.from(secret);
  const forms = [
    secret,
    encodeURIComponent(secret),
    encoded.toString("base64"),
    encoded.toString("base64url"),
  ];
  writeRecord(file, [call({}, { [`of ${secret}`]: forms.map((form) => `<${form}>`) })], secrets);
  const text = readFileSync(file, "utf8");
  for (const form of forms) expect(text).not.toContain(form);
  expect(readRecord(file)[0]?.result).toEqual({
    "of [redacted]": forms.map((form) => `<[redacted]${/=*$/.exec(form)?.[0] ?? ""}>`),
  });
});

test("the same request is answered in the order of the record, the last answer for ever", () => {
  const replay = createReplay([call({ a: 1, b: 2 }, { n: 1 }), call({ b: 2, a: 1 }, { n: 2 })]);
  const answers = [1, 2, 3].map(() => replay(ask({ b: 2, a: 1 })));
  expect(answers.map((answer) => answer?.result)).toEqual([{ n: 1 }, { n: 2 }, { n: 2 }]);
});

test("what is not in the record is an error, and notifications are not answered", () => {
  const replay = createReplay([call({ a: 1 }, {})]);
  expect(replay(ask({ a: 2 }))).toMatchObject({ error: { code: -32602 } });
  expect(replay({ id: 1, method: "prompts/list" })).toMatchObject({ error: { code: -32601 } });
  expect(replay({ id: 1, method: "ping" })).toMatchObject({ result: {} });
  expect(replay({ method: "notifications/initialized" })).toBeUndefined();
});

test("answers that repeat are written once; those that changed all", () => {
  const all = [call({}, { n: 1 }), call({}, { n: 1 }), call({}, { n: 2 }), call({}, { n: 1 })];
  writeRecord(file, all, createSecretRegister());
  expect(readRecord(file).map(({ result }) => result)).toEqual([{ n: 1 }, { n: 2 }, { n: 1 }]);
});

test.each([
  ["no file", undefined, "cannot be read"],
  ["another file", '{"mcpServers": {}}', "is no record of traffic"],
  ["a broken line", '{"format":"trestle-traffic","version":1}\n{"method":', "record.jsonl:2"],
])("%s is refused, and told", (_what, text, words) => {
  rmSync(file, { force: true });
  if (text !== undefined) writeFileSync(file, text);
  expect(() => readRecord(file)).toThrow(words);
});
