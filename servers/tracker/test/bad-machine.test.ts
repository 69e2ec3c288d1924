import { spawnSync } from "node:child_process";
import { appendFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { JsonObject } from "@trestle/protocol";
import { temporaryFolder } from "@trestle/testkit/surroundings";
import { expect, onTestFinished, test } from "vitest";
import { writeSession } from "./_home.ts";
import { startServer } from "./_server-process.ts";

const HOUR_MS = 3_600_000;
const worked = (command: string, ...args: readonly string[]) =>
  spawnSync(command, args, { stdio: "ignore" }).status === 0;

/** A file system of its own, small enough to be full soon; undefined for who may mount none. */
function mountSmallDisk(): string | undefined {
  const folder = temporaryFolder("small-disk");
  if (!worked("mount", "-t", "tmpfs", "-o", "size=6m", "none", folder)) return undefined;
  onTestFinished(() => void worked("umount", "-l", folder));
  return folder;
}

test("on a full disk nothing is lost: it is told, and stored once there is room", async ({
  skip,
}) => {
  const disk = mountSmallDisk();
  if (disk === undefined) return skip("Nobody but root mounts a small disk.");
  const home = temporaryFolder("home");
  const session = writeSession(home, "one", { at: Date.now() - HOUR_MS });
  session.ask("The lantern is broken");
  const env = { TRACKER_DATA_DIR: join(disk, "store"), TRACKER_POLLING: "true" };
  const { call, reading } = await startServer({ home, env });
  const records = async () => ((await call("system_health_check")).store as JsonObject).records;
  await expect.poll(records, { timeout: 30_000 }).toBe(1);

  const filler = join(disk, "filler");
  writeFileSync(filler, "");
  try {
    for (let size = 65_536; size >= 512; ) {
      try {
        for (;;) appendFileSync(filler, Buffer.alloc(size));
      } catch {
        size /= 2; // to the last block
      }
    }
  } finally {
    for (let n = 0; n < 200; n += 1) session.reply(`The hinge ${n} ${"squeaks ".repeat(200)}`);
  }
  await expect
    .poll(async () => (await reading()).problems, { timeout: 30_000 })
    .toContainEqual(
      expect.objectContaining({
        kind: "store-unavailable",
        message: expect.stringMatching(/nothing is lost.*full/s),
      }),
    );
  expect(((await call("search_history", { query: "lantern" })).hits as []).length).toBe(1);
  rmSync(filler);
  await expect.poll(records, { timeout: 60_000 }).toBe(201);
  await expect.poll(async () => (await reading()).problems, { timeout: 30_000 }).toEqual([]);
}, 180_000);

const limits: readonly (readonly [string, string, number])[] = [
  ["instances", "max_inotify_instances", 0],
  ["watches", "max_inotify_watches", 1],
];

test.for(limits)(
  "where the system has no more %s of inotify, it is told and files are polled",
  { timeout: 90_000 },
  async ([, limit, value], { skip }) => {
    // The limit of a user namespace of its own, which nobody else feels.
    const set = `echo ${value} > /proc/sys/user/${limit} && exec "$0" "$@"`;
    const before = ["unshare", "-Ur", "sh", "-c", set];
    if (!worked(before[0] ?? "", ...before.slice(1), "true")) {
      return skip("Nobody makes a user namespace here.");
    }
    const home = temporaryFolder("home");
    const session = writeSession(home, "one", { at: Date.now() - HOUR_MS });
    session.ask("The lantern is broken");
    const { call, reading } = await startServer({ home, before });
    await expect
      .poll(async () => (await reading()).problems, { timeout: 30_000 })
      .toContainEqual(
        expect.objectContaining({
          kind: "watch-limit",
          message: expect.stringMatching(/polled instead.*max_user_watches/),
        }),
      );
    session.ask("The hinge squeaks");
    await expect
      .poll(async () => ((await call("search_history", { query: "hinge" })).hits as []).length, {
        timeout: 30_000,
      })
      .toBe(1);
  },
);
