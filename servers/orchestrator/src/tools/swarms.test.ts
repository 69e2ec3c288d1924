import { type Host, LOCAL_PRINCIPAL, silentLogger, systemClock } from "@trestle/protocol";
import { temporaryFolder } from "@trestle/testkit/surroundings";
import { createStandaloneHost, type JsonObject, type Principal } from "@trestle-mcp/server-kit";
import { expect, onTestFinished, test } from "vitest";
import { server } from "../server.ts";

/** The server in a home, as a host mounts it; and what it publishes. */
function open(dataDir = temporaryFolder("trestle-swarm-tools")) {
  const host = createStandaloneHost({ dataDir, clock: systemClock, log: silentLogger });
  const published: [string, JsonObject][] = [];
  const publish = (topic: string, payload: JsonObject) => void published.push([topic, payload]);
  const instance = server.mount({ ...host, publish } satisfies Host, {});
  onTestFinished(async () => {
    await instance.close();
    await host.close();
  });
  const client = { era: "modern", protocolVersion: "2026-07-28", capabilities: {} } as const;
  async function call(name: string, args: JsonObject, principal: Principal = LOCAL_PRINCIPAL) {
    const { signal } = new AbortController();
    const request = { principal, signal, client };
    const result = await instance.request("tools/call", { name, arguments: args }, request);
    if (result.isError) throw new Error(JSON.stringify(result.content));
    return result.structuredContent as JsonObject & Record<string, never>;
  }
  return { call, published, dataDir };
}

test("a swarm is used from end to end, and tells each transition", async () => {
  const { call, published } = open();
  const { swarm, joinKey } = await call("create_swarm", {
    topology: "star",
    budget: { calls: 10, wall_seconds: 60 },
  });
  const bob: Principal = { id: "bob", kind: "key" };
  const { agentToken: agent_token } = await call("join_swarm", { swarm, joinKey }, bob);
  const task = await call("submit_task", { title: "look", files: ["src/**"], priority: 7 });
  const { lease, kind } = await call("claim_task", { agent_token, wait_seconds: 1 }, bob);
  expect(kind).toBe("task");
  const held = await call("who_holds", { paths: ["src/a.ts"] });
  expect(held).toMatchObject({ holders: [{ task: task.id, reason: "look" }] });
  const { fence } = lease as unknown as { fence: number };
  const own = { agent_token, task: task.id ?? null, fence };
  expect(await call("renew_lease", own, bob)).toMatchObject({ task: task.id, fence });
  await call("send_message", { agent_token, to: ["owner"], body: "nearly" }, bob);
  const { messages } = await call("read_inbox", {});
  expect(messages).toMatchObject([{ body: "nearly" }]);
  await call("memory_put", { agent_token, key: "seen", value: { files: 3 } }, bob);
  expect(await call("memory_search", { query: "files" })).toMatchObject({
    found: [{ key: "seen" }],
  });
  await call("complete_task", { ...own, result: { ok: true }, spent: { calls: 4 } }, bob);
  expect(await call("get_results", {})).toMatchObject({
    tasks: [{ status: "succeeded", result: { ok: true } }],
    cost: { calls: 4 },
  });
  expect(await call("get_swarm", {})).toMatchObject({ left: { calls: 6 }, agents: 1 });
  await call("leave_swarm", { agent_token }, bob);
  expect(await call("destroy_swarm", { swarm: swarm ?? null })).toEqual({ destroyed: true });
  expect(new Set(published.map(([topic]) => topic))).toEqual(new Set([`swarm:${swarm}`]));
  const kinds = published.map(([, { kind: each }]) => each);
  expect(kinds).toEqual(
    expect.arrayContaining([
      "agent.joined",
      "task.submitted",
      "task.claimed",
      "files.reserved",
      "message.sent",
      "memory.put",
      "task.succeeded",
      "agent.left",
      "swarm.destroyed",
    ]),
  );
  expect(JSON.stringify(published)).not.toContain("nearly");
});

test("names that people know from elsewhere lead to what is really done", async () => {
  const { call } = open();
  const { swarm = null } = await call("swarm_init", {
    topology: "mesh",
    maxAgents: 3,
    strategy: "balanced",
  });
  const spawned = await call("agent_spawn", {
    swarmId: swarm,
    type: "researcher",
    capabilities: ["read"],
  });
  expect(spawned).toMatchObject({ swarm, agent: { role: "researcher", status: "active" } });
  const task = await call("task_orchestrate", { task: "read all of it" });
  expect(task).toMatchObject({ title: "read all of it", status: "ready" });
  expect(await call("swarm_status", { swarmId: swarm })).toMatchObject({
    agents: 1,
    counts: { ready: 1 },
  });
  expect(await call("task_status", {})).toMatchObject({ tasks: [{ id: task.id }] });
  expect(await call("swarm_shutdown", {})).toEqual({ destroyed: true });
});

test("another process of the home works in the same swarms", async () => {
  const first = open();
  const second = open(first.dataDir);
  const { swarm = null } = await first.call("create_swarm", {});
  const { agentToken: agent_token = null } = await second.call("join_swarm", { swarm });
  const waiting = second.call("claim_task", { agent_token, wait_seconds: 20 });
  await first.call("submit_task", { title: "from the other side" });
  expect(await waiting).toMatchObject({ kind: "task", task: { title: "from the other side" } });
});

test("what is wrong is refused with a sentence that names it", async () => {
  const { call } = open();
  await expect(call("get_swarm", {})).rejects.toThrow("create_swarm makes one");
  await call("create_swarm", {});
  const cases = [
    ["create_swarm", { topology: "cube" }, "topology"],
    ["create_swarm", { crew: { kind: "shell", profile: "x" } }, "crew"],
    ["submit_task", { title: "x", check: "rm -rf" }, "There is no check"],
    ["submit_task", { title: "x", files: ["/etc"] }, "relative to the root"],
    ["claim_task", { agent_token: "guess" }, "no agent_token"],
    ["complete_task", { agent_token: "x", task: "t1", result: 1 }, "fence"],
    ["scale_swarm", { maxAgents: 100_000 }, "maxAgents"],
  ] as const;
  for (const [name, args, words] of cases) {
    await expect(call(name, args as unknown as JsonObject)).rejects.toThrow(words);
  }
});
