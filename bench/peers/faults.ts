import process from "node:process";
import { setTimeout as wait } from "node:timers/promises";
import { RawClient } from "../gateway/client.ts";
import { type Gateway, startGateway } from "./gateways.ts";
import { kill, processesOf } from "./processes.ts";

export interface Recovery {
  /** Calls that failed before one was answered. */
  readonly failed: number;
  /** Until a call was answered; undefined where none was. */
  readonly ms: number | undefined;
  /** Whether the client had to shake hands again. */
  readonly isNewSession: boolean;
}

const PATIENCE_MS = 20_000;
const PAUSE_MS = 100;

/** What a caller sees after the server behind a gateway was killed. */
export async function measureRecovery(gateway: Gateway): Promise<Recovery> {
  const running = await startGateway(gateway);
  const client = new RawClient(running.url, "legacy");
  try {
    await client.open();
    if (!(await isAnswered(client, gateway))) throw new Error(`${gateway.name} gave no answer.`);
    kill(processesOf(running.home).servers);
    const from = performance.now();
    for (let failed = 0; performance.now() - from < PATIENCE_MS; failed += 1) {
      const ms = () => performance.now() - from;
      if (await isAnswered(client, gateway)) return { failed, ms: ms(), isNewSession: false };
      if (await isAnsweredAnew(running.url, gateway)) {
        return { failed: failed + 1, ms: ms(), isNewSession: true };
      }
      await wait(PAUSE_MS);
    }
    return { failed: Math.floor(PATIENCE_MS / PAUSE_MS), ms: undefined, isNewSession: false };
  } finally {
    client.close();
    await running.stop();
  }
}

const GRACE_MS = 8_000;

/** How many processes are left when a gateway was told to end, or was killed, some seconds ago. */
export async function countOrphans(
  gateway: Gateway,
  signal: "SIGTERM" | "SIGKILL",
): Promise<number> {
  const running = await startGateway(gateway);
  const client = new RawClient(running.url, "legacy");
  try {
    await client.open();
    await isAnswered(client, gateway);
    process.kill(running.pid, signal);
    const until = performance.now() + GRACE_MS;
    while (leftOf(running.home) > 0 && performance.now() < until) await wait(PAUSE_MS);
    return leftOf(running.home);
  } finally {
    client.close();
    await running.stop();
  }
}

function leftOf(home: string): number {
  const { gateway, servers } = processesOf(home);
  return gateway.length + servers.length;
}

async function isAnsweredAnew(url: string, gateway: Gateway): Promise<boolean> {
  const client = new RawClient(url, "legacy");
  try {
    await client.open();
    return await isAnswered(client, gateway);
  } catch {
    return false;
  } finally {
    client.close();
  }
}

let asked = 0;

async function isAnswered(client: RawClient, { prefix }: Gateway): Promise<boolean> {
  asked += 1;
  const text = `still there ${asked}`;
  const late = wait(PATIENCE_MS, "", { ref: false });
  const body = await Promise.race([client.call(`${prefix}echo`, { text }), late]).catch(() => "");
  return body.includes(text);
}
