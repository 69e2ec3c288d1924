import { join } from "node:path";
import {
  LOCAL_PRINCIPAL,
  MODERN_VERSION,
  type RequestContext,
  SERVER_ABI,
  type ServerDefinition,
  silentLogger,
  systemClock,
} from "@trestle/protocol";
import { createStandaloneHost } from "@trestle-mcp/server-kit";
import { describe, expect, test } from "vitest";
import { clients, connectHttp } from "./clients.ts";
import { processContract, programContract } from "./process-contract.ts";
import { type Bench, type ServerUnderTest, useBench } from "./subject.ts";
import { toolContract } from "./tool-contract.ts";

/** The contract that every server keeps, run against a command: from source, or from what was packed. */
export function describeServer(name: string, subject: ServerUnderTest): void {
  describe(`${name} keeps the contract of a server`, { timeout: 60_000 }, () => {
    const bench = useBench(subject);
    processContract(subject, bench);
    toolContract(subject);
    clientContract(subject, bench);
    if (!subject.isOwnProgram) {
      programContract(bench);
      httpContract(subject, bench);
    }
    if (subject.secret) secretContract(subject, subject.secret, bench);
    if (subject.definition) mountContract(subject, subject.definition, bench);
  });
}

/** The least of it, for the same code where only the Node differs: it starts, lists and works, in both eras at once. */
export function describeServing(name: string, subject: ServerUnderTest): void {
  describe(`${name} serves`, { timeout: 60_000 }, () => {
    const bench = useBench(subject);
    test("clients of both eras at once on one home, each with a process of its own", async () => {
      const eras = ["the v2 client in the modern era", "the v2 client in the legacy era"];
      await Promise.all(eras.map((era) => listAndCall(era, subject, bench())));
    });
  });
}

function clientContract(subject: ServerUnderTest, bench: () => Bench): void {
  test.for(Object.keys(clients))("%s lists and calls its tools", async (name) => {
    await listAndCall(name, subject, bench());
  });
}

async function listAndCall(name: string, subject: ServerUnderTest, bench: Bench): Promise<void> {
  const client = await clients[name]?.(subject, bench);
  if (!client) throw new Error(`No client "${name}".`);
  bench.afterwards(() => client.close());
  const tools = await client.listTools();
  expect(tools.map((tool) => tool.name).sort()).toEqual(Object.keys(subject.sampleCalls).sort());
  for (const [tool, args] of Object.entries(subject.sampleCalls)) {
    expect(await client.callTool(tool, args)).toHaveProperty("structuredContent");
  }
}

function httpContract(subject: ServerUnderTest, bench: () => Bench): void {
  test("serves the same on HTTP: MCP in both eras, and its tools to scripts", async () => {
    const session = bench().start({ args: ["--http", "127.0.0.1:0"] });
    const [, url = ""] = await session.logged(/"url":"([^"]+)"/);
    for (const mode of ["auto", "legacy"] as const) {
      const client = await connectHttp(url, mode);
      bench().afterwards(() => client.close());
      const tools = await client.listTools();
      expect(tools.map((tool) => tool.name).sort()).toEqual(
        Object.keys(subject.sampleCalls).sort(),
      );
    }
    for (const [tool, args] of Object.entries(subject.sampleCalls)) {
      const response = await fetch(new URL(`/tools/${tool}`, url), {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(args),
      });
      expect(response.status).toBe(200);
      expect(await response.json()).toHaveProperty("result");
    }
    expect(session.lines).toEqual([]);
    await session.kill("SIGTERM");
    expect(await session.exited).toBe(0);
  });
}

function secretContract(
  subject: ServerUnderTest,
  secret: NonNullable<ServerUnderTest["secret"]>,
  bench: () => Bench,
): void {
  test("a secret setting turns up nowhere: not in results, not in the log", async () => {
    const session = bench().start({
      env: { [secret.env]: secret.value, DEBUG: "trestle:*" },
    });
    await session.initialize();
    for (const [tool, args] of Object.entries(subject.sampleCalls)) {
      await session.call(tool, args);
      await session.call(tool, { ...args, no_such_field: secret.env });
    }
    session.endInput();
    await session.exited;
    expect(session.lines.join("\n")).not.toContain(secret.canary);
    expect(session.stderr).not.toContain(secret.canary);
  });
}

function mountContract(
  subject: ServerUnderTest,
  definition: ServerDefinition,
  bench: () => Bench,
): void {
  test("mounts in-process, and its tools answer there as well", async () => {
    expect(definition.abi).toBe(SERVER_ABI);
    const dataDir = join(bench().home, "mounted");
    const host = createStandaloneHost({ dataDir, clock: systemClock, log: silentLogger });
    const instance = definition.mount(host, { ...subject.settings });
    bench().afterwards(() => instance.close());
    for (const [name, args] of Object.entries(subject.sampleCalls)) {
      const params = { name, arguments: args };
      const result = await instance.request("tools/call", params, mountedContext());
      expect(result).toHaveProperty("structuredContent");
    }
  });
}

function mountedContext(): RequestContext {
  return {
    principal: LOCAL_PRINCIPAL,
    signal: new AbortController().signal,
    client: { era: "modern", protocolVersion: MODERN_VERSION, capabilities: {} },
  };
}
