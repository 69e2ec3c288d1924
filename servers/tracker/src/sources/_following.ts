import { systemClock } from "@trestle/protocol";
import { onTestFinished } from "vitest";
import type { Cursor } from "../store/tracker-store.ts";
import { createProblems } from "../tail/problems.ts";
import type { Piece } from "../tail/reading.ts";
import { createTailer } from "../tail/tailer.ts";
import { createLookout, type LookoutOptions } from "./lookout.ts";
import type { Source } from "./source.ts";

export function logAt(path: string): Source {
  return { name: "app", kind: "log", path, isAskedFor: true };
}

/** What a store keeps: cursors, and the lines that came with them. */
export function createMemory() {
  return { cursors: new Map<string, Cursor>(), lines: [] as string[], fail: false };
}

/** One run of a reader over a memory that outlives it. */
export function startFollowing(
  sources: readonly Source[],
  memory: ReturnType<typeof createMemory>,
  {
    watch = "poll",
    clock = systemClock,
    onPiece = (_: Piece) => {},
    openWatcher,
    concurrency = 2,
  }: Partial<Pick<LookoutOptions, "watch" | "clock" | "openWatcher">> & {
    onPiece?(piece: Piece): void;
    readonly concurrency?: number;
  } = {},
) {
  const problems = createProblems(clock);
  const tailer = createTailer({
    host: "host",
    clock,
    problems,
    concurrency,
    async deliver(piece) {
      if (memory.fail) throw Object.assign(new Error("disk full"), { code: "unavailable" });
      const cursor = memory.cursors.get(piece.cursor.key);
      if (cursor?.offset !== piece.expected?.offset) return { kind: "moved", cursor };
      onPiece(piece);
      memory.lines.push(...piece.lines.map(({ bytes }) => bytes.toString()));
      memory.cursors.set(piece.cursor.key, piece.cursor);
      return { kind: "stored" };
    },
  });
  tailer.know([...memory.cursors.values()]);
  const host = "host";
  const lookout = createLookout({
    host,
    clock,
    problems,
    tailer,
    sources: async () => sources,
    watch,
    openWatcher,
  });
  async function close(): Promise<void> {
    await lookout.close();
    await tailer.close();
  }
  onTestFinished(close);
  return {
    problems,
    tailer,
    start: lookout.start,
    /** Looks once and reads what is there. */
    async look(): Promise<void> {
      await lookout.look();
      await tailer.settled();
    },
    close,
  };
}
