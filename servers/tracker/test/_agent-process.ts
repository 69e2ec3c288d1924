/** An agent that reads and delivers until it is killed; when its input ends, until all is delivered. */
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import process from "node:process";
import { setTimeout as pause } from "node:timers/promises";
import { silentLogger, systemClock } from "@trestle/protocol";
import { agentSchema } from "../src/agent/config.ts";
import { startAgent } from "../src/agent/run-agent.ts";

const task = JSON.parse(process.argv[2] ?? "") as { config: object; folder: string };
const agent = await startAgent({
  config: agentSchema.parse(task.config),
  ...{ environment: process.env, folder: task.folder, home: task.folder, version: "0" },
  // Impatient: a tracker that is gone is asked again soon.
  ...{ clock: systemClock, random: () => 0, newId: randomUUID, log: silentLogger },
});
process.stdout.write("started\n");
await once(process.stdin.resume(), "end");
// The last line of a log is whole when nothing came for some seconds.
for (let idle = 0; idle < 70; ) {
  const { reading, waiting } = agent.status();
  idle = reading.backlog === 0 && waiting.messages === 0 ? idle + 1 : 0;
  await pause(100);
}
await agent.close();
