import { expect, test } from "vitest";
import { diagnosisInput, diagnosisRecord } from "./diagnosis.ts";
import { decodeRecord, encodeRecord } from "./encode.ts";
import { contextOf, facetsOf, statedConfidence, timeOf } from "./facts.ts";
import { idOfKey, outcomeKey, recordKey } from "./keys.ts";
import { matchesPattern, patternInput } from "./pattern.ts";
import { createRecordRedact } from "./redact.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const decode = (text: string) => decodeRecord(diagnosisRecord, "mcp/diagnoses/x.json", bytes(text));

test("a record of an older tool is read, whatever it leaves out, and written back with all it had", () => {
  const old = {
    id: "err-1",
    timestamp: 1_700_000_000_000,
    error: { name: "E", code: 7 },
    context: { service: "api" },
    owner: "ana",
    confidence: 85,
  };
  const read = decode(JSON.stringify(old));
  expect(JSON.parse(new TextDecoder().decode(encodeRecord(read)))).toEqual(old);
  expect(timeOf(read)).toBe(1_700_000_000_000);
  expect(contextOf(read)).toBe('{"service":"api"}');
  expect(statedConfidence(read)).toBe(0.85);
  expect(decode('{"id":"x"}')).toEqual({ id: "x" });
});

test("a number that no double can hold comes back as it was", () => {
  const text = '{"id":"x","metadata":{"order":9007199254740993}}';
  const written = new TextDecoder().decode(encodeRecord(decode(text)));
  expect(written).toContain("9007199254740993");
});

test("what is no record says which object, what is wrong and what to do", () => {
  for (const [text, why] of [
    ["{", "JSON"],
    ["[]", "no JSON object"],
    ['{"id":"x","fix":7}', "fix: "],
    ['{"error":{}}', "id: "],
  ] as const) {
    expect(() => decode(text)).toThrow(
      /mcp\/diagnoses\/x\.json is no readable record: .*other records/s,
    );
    expect(() => decode(text)).toThrow(why);
  }
  expect(() => decodeRecord(diagnosisRecord, "k", new Uint8Array([0xff, 0xfe]))).toThrow("UTF-8");
});

test("what is too large or too deep is refused with its size", () => {
  const large = { id: "x", metadata: { a: "x".repeat(40_000) } };
  expect(() => encodeRecord(large)).toThrow(/metadata has 40\d\d\d characters/);
  expect(() => encodeRecord({ id: "x", note: "x".repeat(300_000) })).toThrow(/has 300\d\d\d bytes/);
  let deep: object = {};
  for (let level = 0; level < 20; level += 1) deep = { deep };
  expect(() => encodeRecord({ id: "x", metadata: deep })).toThrow("deeper than 12");
  const message = "x".repeat(16_001);
  expect(diagnosisInput.safeParse({ error: { message } }).success).toBe(false);
});

test("an id can not leave its folder", () => {
  for (const id of ["../x", "a/b", "", ".x", "a".repeat(129), "a\nb", "a%2fb", "ü"])
    expect(() => recordKey("diagnoses", id)).toThrow(/is no id/);
  expect(recordKey("audits", "01J-x.y_z")).toBe("mcp/audits/01J-x.y_z.json");
  expect(outcomeKey("a", "b")).toBe("mcp/outcomes/a/b.json");
  expect(idOfKey("audits", "mcp/audits/01J.json")).toBe("01J");
  expect(idOfKey("audits", "mcp/audits/a/b.json")).toBeUndefined();
  expect(idOfKey("audits", "mcp/diagnoses/a.json")).toBeUndefined();
});

test("secrets are taken out of every text, and the rest stays as it is", () => {
  const redact = createRecordRedact(["tenant"]);
  const clean = redact({
    error: {
      message: "connect postgres://app:hunter22@db/x failed",
      stack: "at x (Bearer abcdefghijkl)",
    },
    fix: "x".repeat(60_000),
    metadata: { password: "hunter22", tenant: "acme", retries: 3, nested: { apiKey: "k" } },
  });
  expect(JSON.stringify(clean)).not.toMatch(/hunter22|abcdefghijkl|acme|"k"/);
  expect(clean.fix).toHaveLength(60_000);
  expect(clean.metadata.retries).toBe(3);
});

test("a pattern fits where all that it says fits, in any case", () => {
  const pattern = { match: { name: "*timeout*", message: "*pool*" } };
  expect(
    matchesPattern(pattern, { name: "ConnectTimeoutError", message: "the POOL is empty" }),
  ).toBe(true);
  expect(matchesPattern(pattern, { name: "ConnectTimeoutError", message: "x" })).toBe(false);
  expect(matchesPattern(pattern, { message: "pool" })).toBe(false);
  expect(matchesPattern({ match: {} }, { name: "x" })).toBe(false);
  expect(patternInput.safeParse({ id: "x", match: {} }).success).toBe(false);
});

test("metadata can be filtered by its plain values", () => {
  expect(facetsOf({ version: 2, team: "pay", ok: true, list: [1], none: null })).toEqual({
    version: "2",
    team: "pay",
    ok: "true",
  });
});
