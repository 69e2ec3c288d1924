import { EventEmitter } from "node:events";
import { appendFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { manualClock, temporaryFolder, until } from "@trestle/testkit/surroundings";
import { expect, test } from "vitest";
import { createMemory, logAt, startFollowing } from "./_following.ts";
import type { Watcher } from "./hints.ts";

function failure(code: string): Error {
  return Object.assign(new Error(`${code}: no more watches`), { code });
}

/** One that can watch nothing: it says so, or throws. */
function fails(code: string, isThrown: boolean) {
  return async (): Promise<Watcher> => {
    const events = new EventEmitter();
    return Object.assign(events, {
      add() {
        if (isThrown) throw failure(code);
        events.emit("error", failure(code));
        return this as never;
      },
      unwatch: () => undefined as never,
      close: async () => {},
    });
  };
}

test.each([
  ["ENOSPC", false],
  ["EMFILE", false],
  ["ENOSPC", true],
  ["EMFILE", true],
] as const)(
  "where the system has no more watches (%s, thrown: %s), files are polled",
  async (code, isThrown) => {
    const path = join(temporaryFolder(), "app.log");
    const memory = createMemory();
    const clock = manualClock(Date.now());
    writeFileSync(path, "1\n");
    const openWatcher = fails(code, isThrown);
    const following = startFollowing([logAt(path)], memory, { watch: "auto", clock, openWatcher });
    await following.look();
    expect(following.problems.list()).toMatchObject([
      { kind: "watch-limit", message: expect.stringContaining("max_user_watches") },
    ]);
    following.start();
    appendFileSync(path, "2\n");
    await until("the line that was polled", () => {
      clock.advance(1_000);
      return memory.lines.length === 2;
    });
    expect(memory.lines).toEqual(["1", "2"]);
  },
);
