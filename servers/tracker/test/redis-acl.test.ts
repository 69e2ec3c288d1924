import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { setTimeout as pause } from "node:timers/promises";
import { Redis } from "ioredis";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { describeTrackerStore } from "../src/store/_describe-tracker-store.ts";
import { openRedisStore } from "../src/store/redis/open.ts";
import { freePort } from "./_agents.ts";

/** As the page tells it. */
const page = readFileSync(new URL("../../../docs/tracker-running.md", import.meta.url), "utf8");
const recipe = /```text\n(user tracker [\s\S]*?)```/.exec(page)?.[1] ?? "";
const rules = recipe.replaceAll("\\\n", " ").trim().split(/\s+/).slice(2);
const PREFIX = "trestle:tracker";

let child: ChildProcess;
let port = 0;
let opened = 0;
/** Whoever runs that Redis. */
let admin: Redis;
const own = (user = "tracker:change-me") => `redis://${user}@127.0.0.1:${port}`;

beforeAll(async () => {
  port = await freePort();
  const settings = ["--port", String(port), "--bind", "127.0.0.1", "--save", ""];
  child = spawn("redis-server", [...settings, "--dir", tmpdir()], { stdio: "ignore" });
  await once(child, "spawn");
  admin = new Redis(port, "127.0.0.1", { retryStrategy: () => 50, maxRetriesPerRequest: null });
  admin.on("error", () => {});
  while ((await admin.ping().catch(() => "")) !== "PONG") await pause(20);
  await admin.call("ACL", "SETUSER", "tracker", ...rules);
  await admin.call("CONFIG", "RESETSTAT");
}, 30_000);

afterAll(() => {
  admin.disconnect();
  child.kill("SIGKILL");
});

describeTrackerStore("the store in Redis, as a user who may do only what the page says", {
  async open(options = {}) {
    opened += 1;
    const store = await openRedisStore({ url: own(), prefix: `${PREFIX}:${opened}`, ...options });
    onTestFinished(() => store.close());
    return store;
  },
});

/** What an administrator does in this test. */
const ADMINS = /^(?:acl|config|ping|command)/;

test("the user may do nothing that is not needed, and reach no other keys", async () => {
  const stats = await admin.info("commandstats");
  const used = [...stats.matchAll(/^cmdstat_([^:]+):calls=\d+.*?rejected_calls=(\d+)/gm)];
  expect(used.filter(([, , rejected]) => Number(rejected) > 0).map(([, name]) => name)).toEqual([]);
  const names = used.map(([, name = ""]) => name).filter((name) => !ADMINS.test(name));
  const allowed = rules.filter((rule) => rule.startsWith("+")).map((rule) => rule.slice(1));
  expect(allowed.toSorted()).toEqual(
    [...names, "auth"].filter((n, at, all) => all.indexOf(n) === at).toSorted(),
  );
  const redis = new Redis(own(), { lazyConnect: true, retryStrategy: () => null });
  await redis.connect();
  onTestFinished(() => redis.disconnect());
  await expect(redis.call("GET", "other")).rejects.toThrow(/NOPERM/);
  await expect(redis.call("HGETALL", "other")).rejects.toThrow(/NOPERM/);
  await expect(redis.call("FLUSHALL")).rejects.toThrow(/NOPERM/);
  await expect(redis.call("KEYS", "*")).rejects.toThrow(/NOPERM/);
  const wrong = new Redis(own("tracker:wrong"), { lazyConnect: true, retryStrategy: () => null });
  wrong.on("error", () => {});
  await expect(wrong.connect()).rejects.toThrow(/WRONGPASS|closed/);
});
