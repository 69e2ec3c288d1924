import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { readOwner } from "@trestle/store";
import { seededRandom, until, wasmFlags } from "@trestle/testkit/surroundings";
import { expect, test } from "vitest";
import { openEmbedded } from "../src/index.ts";
import { temporaryFolder } from "../src/postgres/_temporary-folder.ts";

const program = fileURLToPath(new URL("./_writer.ts", import.meta.url));
const random = seededRandom();
/** As ROUNDS says. */
const rounds = random.rounds(3);

interface Said {
  readonly ready?: boolean;
  readonly written?: number;
  readonly failed?: number;
  readonly code?: string;
}

function startWriter(dataDir: string, first: number) {
  const child = spawn(process.execPath, [...wasmFlags, program, dataDir, String(first)], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const writer = { child, ready: false, written: [] as number[], failed: [] as Said[] };
  createInterface({ input: child.stdout }).on("line", (line) => {
    const said = JSON.parse(line) as Said;
    if (said.ready) writer.ready = true;
    if (said.written !== undefined) writer.written.push(said.written);
    if (said.failed !== undefined) writer.failed.push(said);
  });
  return writer;
}

test(
  `the owner is killed under load ${rounds} times: another takes over, and nothing acknowledged is lost`,
  async () => {
    const folder = temporaryFolder();
    const all: ReturnType<typeof startWriter>[] = [];
    const start = () => {
      const writer = startWriter(folder.path, (all.length + 1) * 1_000_000);
      all.push(writer);
      return writer;
    };
    let alive = [start(), start()];
    try {
      for (let round = 0; round < rounds; round += 1) {
        await until("both write", () => alive.every(({ written }) => written.length > 5));
        const more = random.below(20);
        const before = alive.map(({ written }) => written.length);
        await until(
          "they have gone on",
          () => (alive[0]?.written.length ?? 0) > (before[0] ?? 0) + more,
        );
        const owner = readOwner(folder.path);
        const victim = alive.find(({ child }) => child.pid === owner?.pid);
        expect(victim).toBeDefined();
        victim?.child.kill("SIGKILL");
        if (victim) await once(victim.child, "exit");
        alive = alive.filter((writer) => writer !== victim);
        const [other] = alive;
        const seen = other?.written.length ?? 0;
        await until("the other goes on", () => (other?.written.length ?? 0) > seen + 5);
        alive.push(start());
      }
      for (const { child } of alive) child.stdin.end();
      await Promise.all(alive.map(({ child }) => child.exitCode ?? once(child, "exit")));

      const database = openEmbedded({ dataDir: folder.path });
      const kept = await database.query("SELECT n, twin FROM written", [], {
        maxRows: 1_000_000,
        maxBytes: 100_000_000,
      });
      await database.close();
      const found = new Set(kept.rows.map(({ n }) => n));
      const acknowledged = all.flatMap(({ written }) => written);
      expect(acknowledged.filter((n) => !found.has(n))).toEqual([]);
      expect(kept.rows.filter(({ n, twin }) => n !== twin)).toEqual([]);
      // What failed says how sure that is: only of an unknown outcome may there be a row.
      for (const { failed, code } of all.flatMap((writer) => writer.failed)) {
        expect(["unavailable", "outcome_unknown"]).toContain(code);
        if (code === "unavailable") expect(found.has(failed ?? 0)).toBe(false);
      }
    } finally {
      for (const { child } of all) child.kill("SIGKILL");
      folder.remove();
    }
  },
  60_000 + rounds * 20_000,
);
