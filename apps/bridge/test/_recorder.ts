/** A process that records calls until it is ended. What it did it tells a file, line by line. */
import { openSync, writeSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { type Call, compose, createRedact, newTrail, record } from "@trestle/policy";
import { LOCAL_PRINCIPAL, MODERN_VERSION, systemClock } from "@trestle/protocol";
import { openRecords } from "../src/state/records.ts";

const [file = "", told = "", prefix = ""] = process.argv.slice(2);
const output = openSync(told, "w");
const redact = createRedact();
const records = await openRecords({ file, maxRows: 100_000, clock: systemClock, redact });
const { signal } = new AbortController();
const client = { era: "modern", protocolVersion: MODERN_VERSION, capabilities: {} } as const;

// What is written here outlives a kill: the system has it.
const say = (...words: readonly (string | number)[]) => writeSync(output, `${words.join(" ")}\n`);

const run = compose(
  [record({ ...records, clock: systemClock, fineNow: () => performance.now(), redact })],
  async (call) => {
    call.trail.attempts += 1;
    if (!call.hints.readOnly) say("sent", call.executionId);
    return { content: [] };
  },
);

function callOf(executionId: string, readOnly: boolean): Call {
  return {
    ...{ executionId, server: "one", tool: readOnly ? "read" : "write", definitionHash: "" },
    hints: { readOnly, destructive: false, idempotent: false, openWorld: false },
    params: { name: "tool", arguments: { id: executionId } },
    context: { principal: LOCAL_PRINCIPAL, signal, client },
    trail: newTrail(),
  };
}

let ending = false;
process.once("SIGTERM", () => {
  ending = true;
});

say("open");
for (let number = 0; !ending; number += 1) {
  const id = `${prefix}-${number}`;
  const isRead = number % 10 !== 0;
  await run(callOf(id, isRead));
  say(isRead ? "read" : "written", id, Date.now());
  if (number % 5 === 0) await pause(1);
}
await records.close();
say("closed");
