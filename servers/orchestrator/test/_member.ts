/**
 * An agent in a process of its own, as any MCP client: `node _member.ts URL SWARM LEDGER STOP_AT`. Says on stdout what
 * it begins; what it ends it writes into the ledger before it hands it in. With STOP_AT it goes on for ever at its n-th task.
 */
import { appendFileSync } from "node:fs";
import process from "node:process";
import { setTimeout as pause } from "node:timers/promises";
import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";

const [url = "", swarm = "", ledger = "", stopAt = "0"] = process.argv.slice(2);
const client = new Client(
  { name: "member", version: "1" },
  { versionNegotiation: { mode: "auto" } },
);
await client.connect(new StreamableHTTPClientTransport(new URL(url)));

interface Answered {
  readonly agentToken: string;
  readonly heartbeatMs: number;
  readonly kind: string;
  readonly task: { readonly id: string };
  readonly lease: { readonly fence: number };
  readonly open: number;
}
interface Answer {
  readonly isError?: boolean;
  readonly content: unknown;
  readonly structuredContent: Answered;
}

async function call(name: string, args: object): Promise<Answered> {
  const answer = (await client.callTool({ name, arguments: { ...args } })) as unknown as Answer;
  if (answer.isError) throw new Error(JSON.stringify(answer.content));
  return answer.structuredContent;
}

const { agentToken: agent_token, heartbeatMs } = await call("join_swarm", { swarm });
const beating = setInterval(
  () => void call("heartbeat", { agent_token }).catch(() => {}),
  heartbeatMs,
);
for (let count = 1; ; count += 1) {
  const { kind, task, lease, open } = await call("claim_task", { agent_token, wait_seconds: 5 });
  if (kind === "none" && open === 0) break;
  if (kind === "none") continue;
  const { id } = task;
  const { fence } = lease;
  process.stdout.write(`${id}\n`);
  await pause(count === Number(stopAt) ? 1e9 : 20);
  appendFileSync(ledger, `${id}\n`);
  const spent = { tokens: 10 };
  await call("complete_task", { agent_token, task: id, fence, result: { by: process.pid }, spent });
}
await call("leave_swarm", { agent_token });
clearInterval(beating);
await client.close();
