import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";
import { nodeEnvironment, temporaryFolder, until } from "@trestle/testkit/surroundings";
import { expect, onTestFinished, test } from "vitest";
import { bin, startServer as start } from "./_server.ts";

const member = fileURLToPath(new URL("_member.ts", import.meta.url));

async function startServer(home: string) {
  const server = await start(home);
  onTestFinished(() => server.end("SIGKILL"));
  return server;
}

interface Member {
  readonly child: ChildProcess;
  readonly ended: Promise<number | null>;
  tasks(): string[];
}

function startMember(args: readonly string[]): Member {
  const child = spawn(process.execPath, [member, ...args], {
    env: nodeEnvironment(),
    stdio: ["ignore", "pipe", "inherit"],
  });
  onTestFinished(() => {
    child.kill("SIGKILL");
  });
  let said = "";
  child.stdout.on("data", (chunk) => {
    said += chunk;
  });
  return {
    child,
    ended: once(child, "exit").then(([code]) => code as number | null),
    tasks: () => said.split("\n").filter((line) => line !== ""),
  };
}

interface Results {
  readonly tasks: { id: string; status: string; attempts: number; doer: string }[];
  readonly counts: Record<string, number>;
  readonly cost: { tokens: number };
}

test("clients in other processes do all tasks once, though some are killed at work", async () => {
  const home = temporaryFolder("trestle-home");
  const server = await startServer(home);
  const { swarm } = await server.tool<{ swarm: string }>("create_swarm", { leaseSeconds: 2 });
  for (let index = 0; index < 12; index += 1) {
    await server.tool("submit_task", { swarm, title: `Task ${index}` });
  }
  const ledger = join(home, "ledger");
  // Two hang at work and are killed there; two go on.
  const doomed = ["1", "2"].map((at) => startMember([server.url, swarm, ledger, at]));
  for (const [index, { tasks }] of doomed.entries())
    await until("it is at work", () => tasks().length === index + 1);
  const others = ["0", "0"].map((at) => startMember([server.url, swarm, ledger, at]));
  for (const { child } of doomed) child.kill("SIGKILL");
  expect(await Promise.all(others.map(({ ended }) => ended))).toEqual([0, 0]);

  const { tasks, counts, cost } = await server.tool<Results>("get_results", { swarm, limit: 100 });
  expect(counts.succeeded).toBe(12);
  const done = readFileSync(ledger, "utf8").trim().split("\n");
  expect(done.toSorted()).toEqual(tasks.map(({ id }) => id).toSorted());
  const lost = doomed.map(({ tasks: begun }) => begun().at(-1));
  for (const { id, attempts } of tasks) expect(attempts).toBe(lost.includes(id) ? 2 : 1);
  expect(cost.tokens).toBe(120);
});

test("sessions that each start the server on stdio share the swarms of the home", async () => {
  const home = temporaryFolder("trestle-home");
  const session = async () => {
    const client = new Client({ name: "session", version: "1" });
    const env = { ...nodeEnvironment(), HOME: home, TRESTLE_HOME: home };
    const command = { command: process.execPath, args: [bin], env };
    await client.connect(new StdioClientTransport(command));
    onTestFinished(() => client.close());
    return async (name: string, args: object) => {
      const answer = await client.callTool({ name, arguments: { ...args } });
      return answer.structuredContent as Record<string, unknown>;
    };
  };
  const [one, other] = await Promise.all([session(), session()]);
  const { swarm } = await one("create_swarm", {});
  const { id } = await one("submit_task", { swarm, title: "Shared" });
  const { agentToken: agent_token } = await other("join_swarm", {});
  const { task, lease } = await other("claim_task", { agent_token });
  expect(task).toMatchObject({ id, title: "Shared" });
  const { fence } = lease as { fence: number };
  await other("complete_task", { agent_token, task: id, fence, result: "done" });
  expect(await one("get_results", {})).toMatchObject({ counts: { succeeded: 1 } });
});

test("a server that is killed takes nothing with it: agents go on with its successor", async () => {
  const home = temporaryFolder("trestle-home");
  const first = await startServer(home);
  const { swarm } = await first.tool<{ swarm: string }>("create_swarm", { leaseSeconds: 60 });
  const task = await first.tool<{ id: string }>("submit_task", { swarm, title: "Long" });
  const { agentToken: agent_token } = await first.tool("join_swarm", { swarm });
  const { lease } = await first.tool<{ lease: { fence: number } }>("claim_task", { agent_token });
  await first.end("SIGKILL");
  const second = await startServer(home);
  const beat = await second.tool<{ leases: { task: string }[] }>("heartbeat", { agent_token });
  expect(beat.leases.map((each) => each.task)).toEqual([task.id]);
  const { fence } = lease;
  await second.tool("complete_task", { agent_token, task: task.id, fence, result: "ok" });
  const { counts } = await second.tool<Results>("get_results", { swarm });
  expect(counts.succeeded).toBe(1);
});

test("a prompt tells an assistant how to work in a swarm", async () => {
  const server = await startServer(temporaryFolder("trestle-home"));
  const client = new Client({ name: "assistant", version: "1" });
  await client.connect(new StreamableHTTPClientTransport(new URL(server.url)));
  onTestFinished(() => client.close());
  const { prompts } = await client.listPrompts();
  expect(prompts.map(({ name }) => name)).toContain("join_swarm");
  const { messages } = await client.getPrompt({
    name: "join_swarm",
    arguments: { swarm: "sw1", join_key: "k", capabilities: "rust, sql" },
  });
  const [message] = messages;
  const text = message?.content.type === "text" ? message.content.text : "";
  expect(text).toContain(
    '{"swarm":"sw1","joinKey":"k","role":"worker","capabilities":["rust","sql"]}',
  );
  const { tools } = await client.listTools();
  const known = new Set(tools.map(({ name }) => name));
  // What the text names can be called, whatever is listed.
  const named =
    text.match(/\b(?:join|leave)_swarm|\w+_task|reserve_files|read_inbox|heartbeat\b/g) ?? [];
  expect(named.length).toBeGreaterThan(6);
  for (const name of new Set(named)) {
    if (known.has(name)) continue;
    const answer = await client
      .callTool({ name, arguments: { agent_token: "none" } })
      .catch((error) => error);
    expect(JSON.stringify([answer, String(answer)])).not.toContain("Unknown tool");
  }
});
