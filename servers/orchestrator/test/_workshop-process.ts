/** Does tasks in a repository until all are done, however often it is killed: `node _workshop-process.ts FOLDER COUNT`. */
import { appendFileSync, existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { silentLogger, systemClock } from "@trestle/protocol";
import { toAgentsConfig } from "../src/agents/agents-config.ts";
import { openWorkshops } from "../src/agents/workshops.ts";

const [folder = "", count = "0"] = process.argv.slice(2);
const ledger = join(folder, "done");
const done = new Set(existsSync(ledger) ? readFileSync(ledger, "utf8").split("\n") : []);
const tasks = Array.from({ length: Number(count) }, (_, index) => `t${index}`);
const left = tasks.filter((task) => !done.has(task));

const alive = setInterval(() => {}, 60_000);
const workshops = await openWorkshops(
  toAgentsConfig(
    {
      repositories: {
        app: { path: join(folder, "repository"), mode: process.env.MODE ?? "merge" },
      },
    },
    folder,
  ),
  {
    folder: join(folder, "agents"),
    environment: process.env,
    clock: systemClock,
    log: silentLogger,
  },
);
const workshop = await workshops.of("app");
process.stdout.write("open\n");

/** It starts a second process that would go on for ever, and takes a moment of its own. */
const program = (task: string) => `
  const { spawn } = require("node:child_process");
  spawn("sleep", ["600"], { stdio: "ignore" }).unref();
  setTimeout(() => {
    require("node:fs").writeFileSync("${task}.txt", "${task}");
    process.exit(0);
  }, 30 * Math.random());
`;

async function work(): Promise<void> {
  for (let task = left.shift(); task !== undefined; task = left.shift()) {
    const order = {
      swarm: "s",
      task,
      fence: process.pid,
      title: `Do ${task}`,
      prompt: "",
      agent: { id: "a", token: "t" },
    };
    const end = await workshop.doTask(
      order,
      {
        command: [process.execPath, "-e", program(task)],
        env: { OF: folder },
        timeoutMs: 60_000,
        maxOutputBytes: 10_000,
        maxMemoryBytes: 2 ** 32,
        output: "text",
      },
      {
        clock: systemClock,
        environment: process.env,
        registry: workshops.registry,
        signal: new AbortController().signal,
        isMine: async () => true,
        check: async () => undefined,
      },
    );
    if (end.kind !== "done") throw new Error(`${task}: ${JSON.stringify(end)}`);
    appendFileSync(ledger, `${task}\n`);
    await workshop.forget(order);
  }
}
await Promise.all([work(), work(), work()]);
await workshops.close();
clearInterval(alive);
process.stdout.write("done\n");
