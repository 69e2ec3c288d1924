/** Follows what happens in the folder in argv after a number, and prints it until it is killed. */

import { silentLogger, systemClock } from "@trestle/protocol";
import { openChangeFeed } from "../src/events/change-feed.ts";
import { follow } from "../src/events/following.ts";
import { openFolderStore } from "../src/index.ts";
import { createIds } from "../src/records/ids.ts";

const [, , path = "", since = "0"] = process.argv;
const clock = systemClock;
const log = silentLogger;
const feed = openChangeFeed({
  store: await openFolderStore({ path }),
  ids: createIds({ clock }),
  ...{ clock, log, keepMs: 86_400_000, describe: async () => ({}) },
});

await feed.pump();
feed.hub.subscribe({ topics: ["*"], since: Number(since) }, (message) => {
  const { seq, topic, payload } =
    message.kind === "event" ? message.event : { seq: 0, topic: "gap", payload: { id: "" } };
  process.stdout.write(`${JSON.stringify({ seq, topic, id: payload.id ?? "" })}\n`);
});
follow({ look: feed.pump, everyMs: 20, clock, log });
setInterval(() => {}, 1_000_000);
