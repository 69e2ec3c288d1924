import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { systemClock } from "@trestle/protocol";
import { seededRandom, temporaryFolder } from "@trestle/testkit/surroundings";
import { expect, test } from "vitest";
import { createLogWriter } from "../../test/_writers.ts";
import { createMemory, logAt, startFollowing } from "./_following.ts";

const random = seededRandom();
const ROUNDS = random.rounds(6);
/** Times that readers look while a log is written to and rotated. */
const LOOKS = 12;

async function rotateAndRead(): Promise<void> {
  const folder = temporaryFolder();
  const writer = createLogWriter(folder, random);
  const memory = createMemory();
  const open = () =>
    startFollowing([logAt(join(folder, "app.log*"))], memory, { clock: systemClock });
  let following = open();
  for (let look = 0; look < LOOKS; look += 1) {
    const looking = random.below(2) === 0 ? following.look() : undefined;
    for (let steps = random.below(30); steps >= 0; steps -= 1) {
      writer.step();
      if (random.below(4) === 0) await pause(1);
    }
    writer.finish();
    await looking;
    if (random.below(2) === 0) await following.look();
    if (random.below(3) > 0) continue;
    await following.close();
    following = open();
  }
  // A copy is read when it is quiet, and another one that waits for it after that.
  const end = performance.now() + 60_000;
  while (memory.lines.length < writer.written.length && performance.now() < end) {
    await pause(300);
    await following.look();
  }
  expect(memory.lines.toSorted()).toEqual(writer.written.toSorted());
}

test("each line of a log is read once, however it is rotated while it is read", async () => {
  await Promise.all(Array.from({ length: ROUNDS }, rotateAndRead));
}, 120_000);
