import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { JsonObject } from "@trestle/protocol";
import { expect, onTestFinished, test } from "vitest";
import { type Config, loadConfig } from "./load.ts";

function load(events: JsonObject, env: Readonly<Record<string, string>> = {}): Config {
  const cwd = mkdtempSync(join(tmpdir(), "trestle-events-"));
  onTestFinished(() => rmSync(cwd, { recursive: true }));
  writeFileSync(join(cwd, "trestle.json"), JSON.stringify({ mcpServers: {}, events }, null, 2));
  return loadConfig({ cwd, env });
}

test("a webhook gets its defaults, its references and its form", () => {
  const { events, secrets } = load(
    {
      webhooks: {
        ops: { url: "https://example.com/${PATH_OF_HOOK}" },
        hub: { url: "https://example.com/", form: "github", token: { command: ["keyring", "x"] } },
      },
    },
    { PATH_OF_HOOK: "a-long-secret" },
  );
  expect(events).toMatchObject({ allowHosts: [], maxAttempts: 12, timeoutMs: 10_000 });
  const [ops, hub] = events.webhooks;
  expect(ops).toEqual({
    id: "ops",
    url: "https://example.com/a-long-secret",
    topics: ["breaker.*", "fallback.*", "review.*", "pin.*", "alert.*"],
    form: { kind: "generic" },
    commands: [],
  });
  const [command] = hub?.commands ?? [];
  expect(command?.argv).toEqual(["keyring", "x"]);
  expect(hub?.form).toEqual({ kind: "github", token: command?.mark });
  expect(secrets.redact("sent to https://example.com/a-long-secret")).not.toContain(
    "a-long-secret",
  );
});

test("one may go without TLS where its host is named", () => {
  const ops = { url: "http://127.0.0.1:9000/hook" };
  expect(load({ allowHosts: ["127.0.0.1:9000"], webhooks: { ops } }).events.webhooks).toHaveLength(
    1,
  );
  expect(() => load({ allowHosts: ["127.0.0.1:9001"], webhooks: { ops } })).toThrow(/allowHosts/);
});

test.each<[string, JsonObject, RegExp]>([
  [
    "http",
    { url: "http://example.com/" },
    /trestle\.json:\d+: events\.webhooks\.ops\.url: .*https/,
  ],
  ["no URL", { url: "example" }, /events\.webhooks\.ops\.url: must be a URL/],
  ["a variable that is not set", { url: "${NO_HOOK}" }, /ops\.url: \$\{NO_HOOK\} is not set/],
  [
    "a key of another form",
    { url: "https://example.com/", form: "slack", secret: "s" },
    /ops\.secret: belongs to the form "generic"/,
  ],
  [
    "a missing key",
    { url: "https://example.com/", form: "github" },
    /ops\.token: the form "github" needs it/,
  ],
  [
    "an unknown key",
    { url: "https://example.com/", topic: ["a"] },
    /ops\.topic: unknown key; did you mean "topics"/,
  ],
  ["an unknown form", { url: "https://example.com/", form: "slak" }, /ops\.form: /],
])("%s is refused by line and key", (_what, webhook, words) => {
  expect(() => load({ webhooks: { ops: webhook } })).toThrow(words);
  expect(() => load({ webhooks: { ops: webhook } })).not.toThrow(/example\.com/);
});
