// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references are written so
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { JsonObject } from "@trestle/protocol";
import { nodeEnvironment, temporaryFolder, until } from "@trestle/testkit/surroundings";
import { afterEach, expect, test } from "vitest";

const program = fileURLToPath(new URL("_mounted.ts", import.meta.url));
const children = new Set<ChildProcess>();

afterEach(() => {
  for (const child of children) child.kill("SIGKILL");
  children.clear();
});

async function start(folder: string, ...requests: readonly JsonObject[]): Promise<ChildProcess> {
  const words = requests.map((request) => JSON.stringify(request));
  const child = spawn(process.execPath, [program, folder, ...words], {
    env: nodeEnvironment(),
    stdio: ["ignore", "pipe", "inherit"],
  });
  children.add(child);
  await once(child.stdout as NodeJS.ReadableStream, "data");
  return child;
}

async function kill(child: ChildProcess): Promise<void> {
  const gone = once(child, "exit");
  child.kill("SIGKILL");
  await gone;
  children.delete(child);
}

function callsOf(folder: string): { tool: string; key: string; args: { at?: string } }[] {
  const file = join(folder, "calls.jsonl");
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, "utf8").split("\n").filter(Boolean);
  return lines.map((line) => JSON.parse(line));
}

const call = (name: string, args: JsonObject): JsonObject => ({ name, arguments: args });

test("an execution goes on after a kill, though nobody asks for anything", async () => {
  const folder = temporaryFolder();
  const definition = {
    id: "w",
    steps: [
      { id: "first", server: "s", tool: "first" },
      { id: "pause", type: "wait", for: "1s" },
      { id: "last", server: "s", tool: "last" },
    ],
  };
  const first = await start(
    folder,
    call("register_workflow", { definition }),
    call("execute_workflow", { workflow: "w", wait_seconds: 0 }),
  );
  await kill(first);
  await start(folder);
  await until("its last step", () => callsOf(folder).some(({ tool }) => tool === "last"));
}, 60_000);

test("with two processes that are killed in turn, every instant begins one execution", async () => {
  const folder = temporaryFolder();
  const definition = {
    id: "w",
    steps: [{ id: "a", server: "s", tool: "t", arguments: { at: "${metadata.scheduled_for}" } }],
  };
  const schedule = { id: "each", workflow: "w", cron: "* * * * * *", catchUp: "all" };
  let running = [
    await start(folder, call("register_workflow", { definition }), call("set_schedule", schedule)),
    await start(folder),
  ];
  for (let round = 0; round < 4; round += 1) {
    await pause(700);
    const [one, other] = running;
    if (one) await kill(one);
    running = [...(other ? [other] : []), await start(folder)];
  }
  const killedAt = Date.now();
  const last = () => Math.max(0, ...callsOf(folder).map(({ args }) => Date.parse(args.at ?? "")));
  await until("an instant after the last kill", () => last() > killedAt);
  for (const child of running) await kill(child);

  const keys = new Map<string, Set<string>>();
  for (const { args, key } of callsOf(folder)) {
    const at = args.at ?? "";
    keys.set(at, (keys.get(at) ?? new Set()).add(key));
  }
  const instants = [...keys.keys()].map((each) => Date.parse(each)).sort((a, b) => a - b);
  const [first = 0] = instants;
  expect(instants).toEqual(instants.map((_, place) => first + place * 1_000));
  expect([...keys.values()].map(({ size }) => size)).toEqual(instants.map(() => 1));
  expect(instants.length).toBeGreaterThan(3);
}, 120_000);
