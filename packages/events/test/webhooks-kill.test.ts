import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { systemClock } from "@trestle/protocol";
import { seededRandom, temporaryFolder, until } from "@trestle/testkit/surroundings";
import { expect, onTestFinished, test } from "vitest";
import { startReceiver } from "./_receiver.ts";
import { open, targetOf } from "./_webhooks.ts";

test("a killed sender loses nothing that it stored", async () => {
  const random = seededRandom();
  const receiver = await startReceiver();
  const file = join(temporaryFolder(), "webhooks.db");
  let stored = 0;
  for (let round = random.rounds(3); round > 0; round -= 1) {
    stored = await enqueueUntilKilled([file, receiver.url, String(stored)], 5 + random.below(100));
  }
  const { webhooks } = await open([targetOf(receiver)], { file, clock: systemClock });
  await until("all are delivered", () => webhooks.waiting().length === 0);
  const numbers = new Set(receiver.received.map(({ body }) => JSON.parse(body).payload.n));
  for (let n = 0; n < stored; n += 1) expect(numbers.has(n), `number ${n}`).toBe(true);
  expect(webhooks.deadLetters()).toEqual([]);
});

/** Returns the first number that was not told to be stored. */
async function enqueueUntilKilled(args: readonly string[], count: number): Promise<number> {
  const script = new URL("./_deliverer.ts", import.meta.url).pathname;
  const child = spawn(process.execPath, ["--no-warnings", script, ...args], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  let text = "";
  child.stdout.on("data", (chunk: Buffer) => {
    text += chunk;
    if (text.split("\n").length > count) child.kill("SIGKILL");
  });
  await once(child, "close");
  return Math.max(...text.split("\n").slice(0, -1).map(Number)) + 1;
}
