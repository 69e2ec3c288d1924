import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import type { JsonObject } from "@trestle/protocol";
import { type RawSession, startRawSession } from "@trestle/testkit";
import { nodeEnvironment, temporaryFolder } from "@trestle/testkit/surroundings";
import { expect, onTestFinished, test } from "vitest";
import { writeSession } from "./_home.ts";

const bin = fileURLToPath(new URL("../src/bin.ts", import.meta.url));

async function start(home: string): Promise<RawSession> {
  const env = { ...nodeEnvironment(), TRESTLE_HOME: join(home, "own"), TRACKER_HOME_DIR: home };
  const session = startRawSession({ command: process.execPath, args: [bin], env, cwd: home });
  onTestFinished(() => session.kill("SIGKILL"));
  await session.initialize();
  return session;
}

async function found(session: RawSession, query: string): Promise<number> {
  const { structuredContent } = await session.call("search_history", { query });
  return ((structuredContent as JsonObject).hits as unknown[]).length;
}

async function isReading(session: RawSession): Promise<unknown> {
  const { structuredContent } = await session.call("system_health_check", {});
  return ((structuredContent as JsonObject).reading as JsonObject).here;
}

test("one process reads for all, and when it is killed another goes on where it stopped", async () => {
  const home = temporaryFolder("tracker");
  const written = writeSession(home, "one", { at: Date.now() - 3_600_000 });
  written.ask("The lantern is broken");
  const [first, second] = [await start(home), await start(home)];
  expect(await found(first, "lantern")).toBe(1);
  expect(await found(second, "lantern")).toBe(1);
  expect([await isReading(first), await isReading(second)]).toEqual([true, false]);

  written.ask("The hinge squeaks");
  await expect.poll(() => found(second, "hinge"), { timeout: 60_000 }).toBe(1);

  await first.kill("SIGKILL");
  written.ask("The gutter leaks");
  await expect.poll(() => found(second, "gutter"), { timeout: 90_000 }).toBe(1);
  expect(await isReading(second)).toBe(true);
  expect(await found(second, "lantern")).toBe(1);
}, 200_000);
