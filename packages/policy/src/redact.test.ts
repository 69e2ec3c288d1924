import { type JsonObject, parseJson } from "@trestle/protocol";
import { describe, expect, test } from "vitest";
import { createRedact, DEFAULT_REDACT } from "./redact.ts";

const redact = createRedact();
/** Put together here, so that nobody takes them for real ones. */
const key = `${"sk"}-${"a1B2".repeat(6)}`;
const pem = `-----BEGIN RSA ${"PRIVATE"} KEY-----\n${"QUJD".repeat(1_000)}`;
const shortPem = `${pem.slice(0, 60)}\n-----END RSA ${"PRIVATE"} KEY-----`;

describe("redact", () => {
  test.each([
    "password",
    "Password",
    "API_KEY",
    "api-key",
    "X-Api-Key",
    "clientSecret",
    "access_token",
  ])("hides the field %s at any depth, whatever it holds", (field) => {
    expect(redact({ a: [{ [field]: { b: 1 } }] })).toEqual({ a: [{ [field]: "[redacted]" }] });
  });

  test.each([
    ["postgres://me:hunter2@host/db", "postgres://me:[redacted]@host/db"],
    ["Authorization: Bearer abcdefgh.12345", "Authorization: Bearer [redacted]"],
    [`use ${key} please`, "use [redacted] please"],
    [`${"ghp"}_${"x".repeat(36)}`, "[redacted]"],
    [`${"AKIA"}${"A".repeat(16)}`, "[redacted]"],
    [`key trestle_0123456789ab_${"x".repeat(43)}, or`, "key [redacted], or"],
    [`trestle_admin_${"-".repeat(43)}`, "[redacted]"],
    [`a ${shortPem} rest`, "a [redacted] rest"],
  ])("takes secrets of known form out of text", (text, safe) => {
    expect(redact({ note: text })).toEqual({ note: safe });
  });

  test("hides a private key though its end is cut off", () => {
    expect(JSON.stringify(redact({ file: `my key: ${pem}` }))).not.toContain("QUJD");
  });

  test("hides a secret that stands where the text is cut", () => {
    for (let shift = 0; shift <= key.length; shift += 1) {
      const text = `${" ".repeat(DEFAULT_REDACT.maxStringLength - shift)}${key} end`;
      expect(JSON.stringify(redact({ text }))).not.toContain(key.slice(0, 4));
    }
  });

  test("cuts long text and says how much is missing", () => {
    expect(redact({ text: "x".repeat(2_005) })).toEqual({ text: `${"x".repeat(2_000)}… (5 more)` });
  });

  test("leaves out what lies too deep", () => {
    const nested = (depth: number): JsonObject =>
      depth === 0 ? { end: 1 } : { in: nested(depth - 1) };
    expect(JSON.stringify(redact(nested(50)))).toContain('"[too deep]"');
  });

  test("keeps everything else as it is: digits, order, an own __proto__", () => {
    const text = '{"z":9007199254740993,"__proto__":{"a":1},"a":[null,true,0.5],"token_count":5}';
    const args = parseJson(text) as JsonObject;
    expect(JSON.stringify(redact(args))).toBe(text);
    expect(JSON.stringify(args)).toBe(text);
  });

  test("hides the fields that are configured besides those whose name says it", () => {
    const own = createRedact({ ...DEFAULT_REDACT, fields: ["ssn"] });
    const args = { SSN: "1", db_password: "2", tokens: 3, monkey: "4" };
    const hidden = { SSN: "[redacted]", db_password: "[redacted]" };
    expect(own(args)).toEqual({ ...args, ...hidden });
  });

  test("takes time linear in hostile text", () => {
    const began = performance.now();
    redact({
      a: "a://".repeat(500_000),
      b: "-----BEGIN ".repeat(100_000),
      c: "bearer ".repeat(200_000),
    });
    expect(performance.now() - began).toBeLessThan(2_000);
  });
});

test("arguments that were not given stay away, and names are told apart however many there are", () => {
  expect(redact({ a: undefined as never, b: 1 })).toEqual({ b: 1 });
  const many = Object.fromEntries(Array.from({ length: 1_200 }, (_, n) => [`field${n}`, n]));
  expect(redact(many)).toEqual(many);
  expect(redact({ field1: 1, password2: "x", password: "y" })).toMatchObject({
    field1: 1,
    password: "[redacted]",
  });
});
