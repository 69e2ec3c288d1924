import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";

/** Real sessions are no part of this repository: they may lie beside it, or where FIXTURES says. */
const BESIDE = fileURLToPath(new URL("../../../../shared/fixtures", import.meta.url));
const folder = join(process.env.FIXTURES ?? BESIDE, "transcripts", "claude");

/** By their path below the folder of all transcripts; empty where the machine has none. */
export function realTranscripts(): ReadonlyMap<string, Buffer> {
  const names = existsSync(folder) ? (readdirSync(folder, { recursive: true }) as string[]) : [];
  return new Map(
    names
      .filter((name) => name.endsWith(".jsonl"))
      .map((name) => [name, withLastEnd(readFileSync(join(folder, name)))]),
  );
}

/** A line without an end is read only after a while. */
function withLastEnd(bytes: Buffer): Buffer {
  return bytes.at(-1) === 10 ? bytes : Buffer.concat([bytes, Buffer.from("\n")]);
}

/** Sessions made up for tests: with ids and without, resumed in a second file, and with broken lines. */
export function madeTranscripts(): ReadonlyMap<string, Buffer> {
  const first = Array.from({ length: 300 }, (_, n) => madeLine("one", n));
  const resumed = [
    ...first.slice(0, 40),
    ...Array.from({ length: 60 }, (_, n) => madeLine("two", n)),
  ];
  const agent = Array.from({ length: 80 }, (_, n) => madeLine("one", n + 1_000, "a1"));
  return new Map(
    [
      ["project/one.jsonl", first],
      ["project/two.jsonl", resumed],
      ["project/one/subagents/agent-a1.jsonl", agent],
    ].map(([path, lines]) => [path as string, Buffer.from(`${(lines as string[]).join("\n")}\n`)]),
  );
}

function madeLine(sessionId: string, n: number, agentId?: string): string {
  if (n % 50 === 7) return '{"type":"user", "broken';
  if (n % 50 === 9) return "[1, 2]";
  if (n % 10 === 3) return JSON.stringify({ type: "mode", mode: "plan", sessionId });
  const timestamp = new Date(Date.UTC(2026, 1, 1) + n * 1_000).toISOString();
  const uuid = `${sessionId}-${agentId ?? ""}-${n}`;
  const content = n % 4 === 0 ? "Please mend it 🔧" : [{ type: "text", text: `ä${"…".repeat(n)}` }];
  const type = n % 4 === 0 ? "user" : "assistant";
  const message = { role: type, id: `m${n}`, model: "m", content };
  return JSON.stringify({
    type,
    uuid,
    sessionId,
    agentId,
    timestamp,
    cwd: "/nowhere/shop",
    message,
  });
}

/**
 * How many records transcripts of Claude Code make, told without the reader: each object with a type is one. What
 * has an id within its session is the same wherever it is repeated; what has none is told by where it stands.
 */
export function expectedRecords(files: ReadonlyMap<string, Buffer>): {
  readonly records: number;
  readonly skipped: number;
} {
  const ids = new Set<string>();
  let skipped = 0;
  for (const [path, bytes] of files) {
    let offset = 0;
    for (const line of bytes.toString("utf8").split("\n")) {
      const value = line.trim() === "" ? undefined : parse(line);
      if (value !== undefined && isBroken(value)) skipped += 1;
      const session = `${value?.sessionId ?? path} ${value?.agentId ?? ""}`;
      if (typeof value?.uuid === "string") ids.add(`${value.sessionId ?? path} ${value.uuid}`);
      else if (typeof value?.type === "string") ids.add(`${session} ${offset} ${line}`);
      else if (line.trim() !== "") skipped += 1;
      offset += Buffer.byteLength(line) + 1;
    }
  }
  return { records: ids.size, skipped };
}

/** A message that is none. */
function isBroken({ type, message }: Record<string, unknown>): boolean {
  if (type !== "user" && type !== "assistant") return false;
  return typeof message !== "object" || message === null || !("content" in message);
}

function parse(line: string): Record<string, unknown> | undefined {
  try {
    const value = JSON.parse(line);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
