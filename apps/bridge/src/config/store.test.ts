import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { loadConfig } from "./load.ts";

const folder = mkdtempSync(join(tmpdir(), "trestle-store-config-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const MCP_ENCRYPTION_KEY = "a passphrase of some length";

function load(store: object, env: NodeJS.Dict<string> = {}) {
  writeFileSync(join(folder, "trestle.json"), JSON.stringify({ store, mcpServers: {} }, null, 2));
  return loadConfig({ cwd: folder, env: { HOME: folder, ...env } });
}

test("the address of Redis may be referred to, and its password is a secret", () => {
  const env = { MCP_ENCRYPTION_KEY, REDIS_URL: "rediss://bridge:hunter%232@redis:6380/2" };
  const { store, secrets } = load({ redis: "${REDIS_URL}" }, env);
  expect(store).toMatchObject({ prefix: "trestle", redis: env.REDIS_URL });
  expect(secrets.redact("it is hunter#2")).not.toContain("hunter");
});

test("a Redis of the environment that the file does not name is none of ours", () => {
  expect(load({}, { REDIS_URL: "redis://redis" }).store.redis).toBeUndefined();
});

test("what cannot work is refused with file, line and key, and without the address", () => {
  expect(() => load({ redis: "redis://localhost" })).toThrow(
    /trestle\.json:3: store\.redis: needs MCP_ENCRYPTION_KEY/,
  );
  const wrong = () => load({ redis: "http://me:hunter2@localhost" }, { MCP_ENCRYPTION_KEY });
  expect(wrong).toThrow(/trestle\.json:3: store\.redis: must be redis:/);
  expect(wrong).not.toThrow(/hunter2/);
});

test("the address of Postgres may be referred to, its password is a secret, and what is kept has a time", () => {
  const env = { DB: "postgres://bridge:hunter%233@db:5433/history" };
  const { store, secrets } = load({ postgres: "${DB}", retention: { auditDays: 90 } }, env);
  expect(store.postgres).toBe(env.DB);
  expect(store.retention).toEqual({ historyDays: 365, auditDays: 90 });
  expect(secrets.redact("it is hunter#3")).not.toContain("hunter");
  const wrong = () => load({ postgres: "mysql://me:hunter3@db/x" });
  expect(wrong).toThrow(/trestle\.json:3: store\.postgres: must be postgres:/);
  expect(wrong).not.toThrow(/hunter3/);
});
