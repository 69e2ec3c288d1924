/** Publishes to a durable hub without pause until it is killed, and says which numbers it gave. */
import { openHub } from "../src/index.ts";

const hub = await openHub({ file: process.argv[2] ?? "" });

function publish(): void {
  process.stdout.write(`${hub.publish("a", {})}\n`);
  setImmediate(publish);
}

publish();
