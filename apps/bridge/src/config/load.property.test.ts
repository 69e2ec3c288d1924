import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isTrestleError } from "@trestle/protocol";
import { fc, fuzz } from "@trestle/testkit/fuzz";
import { afterAll, expect, test } from "vitest";
import { loadConfig } from "./load.ts";

const cwd = mkdtempSync(join(tmpdir(), "trestle-load-fuzz-"));
afterAll(() => rmSync(cwd, { recursive: true, force: true }));

const CORPUS = [
  ...["", "null", "[]", "42", '"text"', "{", "{}}", "\u0000", "\uFEFF", '{"":""}', "//", "/*"],
  ...['{"__proto__":{"polluted":1}}', '{"constructor":{}}', '{"mcpServers":{"__proto__":{}}}'],
  ...['{"mcpServers":null}', '{"mcpServers":[]}', '{"mcpServers":{"a":null}}'],
  ...['{"mcpServers":{"a":{"command":""}}}', '{"mcpServers":{"a":{"url":"::"}}}'],
  ...['{"http":{"port":1e999}}', '{"http":{"port":-0}}', '{"store":{"redis":"${"}}'],
  ...[`${"[".repeat(5_000)}`, `${'{"http":'.repeat(2_000)}1${"}".repeat(2_000)}`],
];

/** Words that mean something at some place, so that chance gets further than the first key. */
const KEYS = [
  ...["mcpServers", "http", "policy", "store", "access", "events", "catalog", "alerts", "review"],
  ...["port", "host", "key", "command", "args", "env", "url", "embedded", "timeout", "retry"],
  ...["tools", "cache", "limit", "fallback", "redis", "a", "database", "__proto__", "constructor"],
];
const { value } = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: "small" },
    fc.constantFrom<unknown>(null, true, 0, -1, 1.5, "", "a", "database", "${MISSING}", "http://a"),
    fc.jsonValue(),
    fc.array(tie("value"), { maxLength: 3 }),
    fc
      .array(fc.tuple(fc.constantFrom(...KEYS), tie("value")), { maxLength: 4 })
      .map((entries) => `{${entries.map(([key, of]) => `"${key}":${textOf(of)}`).join(",")}}`)
      .map((text) => ({ raw: text })),
  ),
}));

const documents = fc.oneof(
  value.map(textOf),
  fc.string({ unit: "binary" }),
  fc.json().map((text) => text.slice(0, -1)),
);

function textOf(given: unknown): string {
  if (Array.isArray(given)) return `[${given.map(textOf).join(",")}]`;
  if (typeof given === "object" && given !== null && "raw" in given) return String(given.raw);
  return JSON.stringify(given) ?? "null";
}

test("whatever stands in the file, it is a configuration or refused in words", async () => {
  await fuzz(documents, { corpus: CORPUS, runs: 150 }, (text) => {
    writeFileSync(join(cwd, "trestle.json"), text);
    try {
      expect(loadConfig({ cwd, env: {} }).servers).toBeInstanceOf(Array);
    } catch (error) {
      if (!isTrestleError(error)) throw error;
      expect(error.code).toBe("invalid_config");
      expect(error.message).toContain("trestle.json");
    }
    expect(Object.hasOwn(Object.prototype, "polluted")).toBe(false);
  });
});
