import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { systemClock } from "@trestle/protocol";
import { nodeEnvironment, seededRandom, temporaryFolder } from "@trestle/testkit/surroundings";
import { expect, test } from "vitest";
import { openFolderStore, openKnowledge } from "../src/index.ts";

const random = seededRandom();
const WRITERS = 4;
/** Of each writer. */
const STORES = random.rounds(12);
const program = fileURLToPath(new URL("_storing-process.ts", import.meta.url));

interface Acknowledged {
  readonly id: string;
  readonly word: string;
  readonly outcomes: number;
}

/** Runs one writer, and ends it without warning once it was told so many times that something is kept. */
async function runWriter(path: string, name: string, killAfter: number): Promise<Acknowledged[]> {
  const child: ChildProcess = spawn(process.execPath, [program, path, name, String(STORES)], {
    env: nodeEnvironment(),
    stdio: ["ignore", "pipe", "inherit"],
  });
  const kept: Acknowledged[] = [];
  const closed = once(child, "close");
  for await (const line of createInterface({ input: child.stdout as NodeJS.ReadableStream })) {
    // What was cut off in the middle of its line was told to nobody.
    if (line.endsWith("}")) kept.push(JSON.parse(line));
    if (kept.length === killAfter) child.kill("SIGKILL");
  }
  await closed;
  return kept;
}

test("of what processes acknowledged that write at once, some of them killed, nothing is lost", async () => {
  const path = temporaryFolder("knowledge");
  const kept = await Promise.all(
    Array.from({ length: WRITERS }, (_, n) =>
      runWriter(path, `v${"bcdf"[n]}`, n % 2 === 0 ? STORES + 1 : 1 + random.below(STORES)),
    ),
  );
  const all = kept.flat();
  expect(kept[0]).toHaveLength(STORES);
  // What was written in the last minute may still be on its way, and no check counts it as lost.
  const clock = { ...systemClock, now: () => systemClock.now() + 600_000 };
  const store = await openFolderStore({ path });
  const knowledge = openKnowledge({ store, clock, autoCompact: false });
  try {
    for (const { id, word, outcomes } of all) {
      const { record, confidence } = await knowledge.get(id);
      expect(record.error?.message).toContain(word);
      expect(confidence.worked).toBe(outcomes);
      const { hits } = await knowledge.search({ text: word, limit: 3 });
      expect(hits[0]?.id).toBe(id);
    }
    // What was on its way when its writer was killed.
    await knowledge.index.check({ repair: true });
    expect(await knowledge.index.check()).toMatchObject({ ok: true });
    expect((await knowledge.list()).total).toBeGreaterThanOrEqual(all.length);
  } finally {
    await knowledge.close();
  }
}, 120_000);
