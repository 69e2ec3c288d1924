/**
 * A process that decides about review items until it has none left or is killed. What it did stands in
 * one file, what was acknowledged on its stdout: `added ID`, `ended ID STATE`, `refused ID`.
 */
import { appendFileSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { failed, openRealQueue } from "./_parts.ts";

const [folder = "", home = "", encryptionKey = "", effects = "", toAdd = "0"] =
  process.argv.slice(2);
const say = (...words: string[]) => process.stdout.write(`${words.join(" ")}\n`);

const { queue, close } = await openRealQueue({
  folder,
  home,
  encryptionKey,
  async run({ reviewId }) {
    appendFileSync(effects, `${reviewId}\n`);
    await pause(Math.random() * 20);
    return { content: [] };
  },
});

say("ready");
await new Promise((resolve) => process.stdin.once("data", resolve));
process.stdin.destroy();

async function add(): Promise<void> {
  for (let left = Number(toAdd); left > 0; left -= 1) say("added", await queue.add(failed()));
}

async function approveAll(): Promise<void> {
  const items = await queue.list({ state: "waiting", limit: 500 });
  await Promise.all(
    items.map(async ({ id }, index) => {
      await pause(index * 2);
      await queue.approve(id, "admin").then(
        ({ state }) => say("ended", id, state),
        ({ code }: { code: string }) => say(code === "conflict" ? "refused" : `broke:${code}`, id),
      );
    }),
  );
}

await Promise.all([add(), approveAll()]);
await close();
say("over");
