import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { join } from "node:path";
import type { JsonObject } from "@trestle/protocol";
import {
  attemptsIn,
  effectsIn,
  type FaultyHttp,
  faultyCommand,
  startFaultyHttp,
} from "@trestle/testkit";
import { afterEveryTest } from "@trestle/testkit/run";
import type { CellKind, FaultRow, Transport } from "./_fault-table.ts";
import { callByHttp } from "./_peer.ts";
import { createPlace, type HttpBridge, type Place, serve, textOf } from "./_place.ts";
import { connectionsTo, isAlive, kill, processesWith, until } from "./_processes.ts";

/** Longest silence of one attempt where a row of the table waits for it. */
export const ATTEMPT_MS = 1_000;
export const RETRIES = 2;

/** One faulty server behind the bridge. */
export interface Subject {
  readonly id: string;
  readonly transport: Transport;
  readonly isSilent: boolean;
  readonly ignoresKeys: boolean;
}

/** A bridge with faulty servers behind it, each with a ledger of its own. */
export interface FaultBench {
  readonly place: Place;
  readonly bridge: HttpBridge;
  call(subject: Subject, tool: string, args: JsonObject): ReturnType<typeof callByHttp>;
  /** What is done to a server from outside; what comes back makes it good. */
  disturb(subject: Subject, how: NonNullable<FaultRow["before"]>): Promise<() => Promise<void>>;
  /** Over HTTP nobody but us starts a server again. */
  revive(subject: Subject): Promise<void>;
  attemptsOf(subject: Subject, key: string): ReturnType<typeof attemptsIn>;
  effectsOf(subject: Subject, key?: string): number;
}

const running = new Set<{ stop(): void }>();
afterEveryTest(() => {
  for (const one of running) one.stop();
  running.clear();
});

export const TOOLS: Readonly<Record<CellKind, string>> = {
  read: "read",
  write: "write",
  idempotent: "write_once",
};

/** Rows that do no lasting harm share a server; the others have one for each call. */
export function subjectOf(
  row: FaultRow,
  transport: Transport,
  [index, kind]: [number, CellKind],
): Subject {
  const { isSilent = false, ignoresKeys = false } = row;
  const shared = `${transport}${isSilent ? `-${kind.slice(0, 3)}` : ""}${ignoresKeys ? "-keyless" : ""}`;
  const id = row.isLethal ? `f${index}-${transport}-${kind.slice(0, 3)}` : shared;
  return { id: id.toLowerCase(), transport, isSilent, ignoresKeys };
}

export async function openFaultBench(subjects: readonly Subject[]): Promise<FaultBench> {
  const place = createPlace();
  const { root } = place;
  const http = new Map<string, FaultyHttp>();
  const entries: Record<string, JsonObject> = {};
  const optionsOf = ({ id, ignoresKeys }: Subject) => ({
    root,
    name: id,
    flags: ignoresKeys ? ["--ignores-keys"] : [],
  });

  async function startHttp(subject: Subject, port = 0): Promise<FaultyHttp> {
    const server = await startFaultyHttp(optionsOf(subject), port);
    http.set(subject.id, server);
    running.add({ stop: () => server.child.kill("SIGKILL") });
    return server;
  }

  for (const subject of subjects) {
    const how =
      subject.transport === "stdio"
        ? faultyCommand(optionsOf(subject))
        : { url: (await startHttp(subject)).url };
    entries[subject.id] = { ...how, era: "legacy", policy: policyOf(subject) };
  }
  place.configure({
    policy: { retry: { retries: RETRIES, baseMs: 20 }, breaker: { ratio: 1 } },
    mcpServers: entries,
  });
  const bridge = await serve(place);

  function pidsOf(subject: Subject): number[] {
    const pid = http.get(subject.id)?.child.pid;
    return pid === undefined ? processesWith(`--root=${root} --name=${subject.id}`) : [pid];
  }

  async function killServer(subject: Subject): Promise<void> {
    const pids = pidsOf(subject);
    for (const pid of pids) kill(pid);
    await until("it is dead", () => !pids.some(isAlive));
    const url = http.get(subject.id)?.url;
    if (url !== undefined) {
      const port = Number(new URL(url).port);
      await until("the bridge knows", () => connectionsTo(port) === 0);
      return;
    }
    const isLost = () =>
      textOf(place.logFile)
        .split("\n")
        .some((line) => line.includes("connection lost") && line.includes(`"${subject.id}"`));
    await until("the bridge knows", isLost);
  }

  async function revive(subject: Subject): Promise<void> {
    const server = http.get(subject.id);
    if (server === undefined || isAlive(server.child.pid ?? 0)) return;
    await startHttp(subject, Number(new URL(server.url).port));
  }

  return {
    place,
    bridge,
    call: (subject, tool, args) => callByHttp(bridge.url, `${subject.id}__${tool}`, args),
    async disturb(subject, how) {
      switch (how) {
        case "kill":
          await killServer(subject);
          return () => revive(subject);
        case "freeze":
          for (const pid of pidsOf(subject)) process.kill(pid, "SIGSTOP");
          return async () => {
            for (const pid of pidsOf(subject)) process.kill(pid, "SIGCONT");
          };
        case "reset":
          writeFileSync(join(root, `${subject.id}.resetting`), "");
          return async () => {};
        case "firewall": {
          await killServer(subject);
          const wall = await listenDeaf(Number(new URL(http.get(subject.id)?.url ?? "").port));
          return async () => {
            await wall.close();
            await revive(subject);
          };
        }
      }
    },
    revive,
    attemptsOf: ({ id }, key) => attemptsIn(root, id).filter((attempt) => attempt.key === key),
    effectsOf: ({ id }, key) =>
      effectsIn(root, id).filter((effect) => key === undefined || effect === key).length,
  };
}

function policyOf({ isSilent }: Subject): JsonObject {
  return {
    ...(isSilent && { timeout: { attemptMs: ATTEMPT_MS } }),
    tools: { "read*": { cache: true }, write_once: { retry: { idempotent: true } } },
  };
}

/** Accepts connections and never reads from them. */
async function listenDeaf(port: number): Promise<{ close(): Promise<void> }> {
  const sockets = new Set<{ destroy(): void }>();
  const server: Server = createServer({ pauseOnConnect: true }, (socket) => {
    sockets.add(socket.on("error", () => {}));
  });
  await until("the port is free", async () => {
    server.listen(port, "127.0.0.1");
    return await once(server, "listening").then(
      () => true,
      () => false,
    );
  });
  const stop = (): void => {
    for (const socket of sockets) socket.destroy();
    server.close();
  };
  running.add({ stop });
  return {
    async close() {
      stop();
      if (server.listening) await once(server, "close");
    },
  };
}
