/**
 * Delivers to the webhooks in the file in argv what happens in the folder, until it is killed. Its time goes
 * ten times as fast, so that nobody waits long for the lease of one that was killed.
 */
import { type Clock, silentLogger, systemClock } from "@trestle/protocol";
import { openChangeFeed } from "../src/events/change-feed.ts";
import { openFolderStore } from "../src/index.ts";
import { createIds } from "../src/records/ids.ts";
import { openWebhooks } from "../src/webhooks/webhooks.ts";

const [, , path = "", file = "", epoch = "0"] = process.argv;
const FASTER = 10;
const clock: Clock = {
  now: () => Number(epoch) + (systemClock.now() - Number(epoch)) * FASTER,
  after: (ms, work) => systemClock.after(ms / FASTER, work),
};
const log = silentLogger;
const store = await openFolderStore({ path });
const ids = createIds({ clock });
const describe = async () => ({});
const feed = openChangeFeed({ store, ids, clock, log, keepMs: 86_400_000, describe });
const webhooks = openWebhooks({
  ...{ file, environment: {}, store, feed, holder: ids.next(), clock, log },
  random: Math.random,
});

for (;;) {
  await feed.pump();
  const [turn] = await webhooks.deliver();
  if (turn && turn.delivered > 0) {
    process.stdout.write(`${JSON.stringify({ delivered: turn.delivered })}\n`);
  }
  await new Promise((resolve) => setTimeout(resolve, 20));
}
