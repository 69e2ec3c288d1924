import * as z from "zod";
import { checkFormat } from "./errors.ts";
import type { LedgerKeys } from "./keys.ts";

export const FORMAT = 1;

const compactionSchema = z.object({
  /** Of the manifest that it made. */
  number: z.number().int().positive(),
  /** Milliseconds since 1970, by the clock of who did it. */
  at: z.number(),
  /** Keys of the segments it took in, which are still there. */
  absorbed: z.array(z.string()),
  /** The snapshot that counted before. */
  replaced: z.string().optional(),
});

const manifestSchema = z.object({
  format: z.literal(FORMAT),
  /** One more with each compaction. */
  number: z.number().int().positive(),
  at: z.number(),
  /** Changes where the state was made anew: who holds an older one forgets it. */
  epoch: z.number().int().nonnegative(),
  snapshot: z.string(),
  /** The compactions whose leavings are not deleted yet, oldest first. */
  history: z.array(compactionSchema),
});

/**
 * Which snapshot counts, and exactly which segments are in it. It names keys and no time, so that
 * neither a wrong clock nor a slow writer can make it pass over a segment.
 */
export type Manifest = z.infer<typeof manifestSchema>;

export function encodeManifest(manifest: Manifest): Uint8Array {
  return new TextEncoder().encode(`${JSON.stringify(manifest, null, 1)}\n`);
}

/** Throws where it is none. */
export function parseManifest(key: string, bytes: Uint8Array): Manifest {
  const value: unknown = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  checkFormat(key, (value as { format?: unknown } | null)?.format, FORMAT);
  const parsed = manifestSchema.safeParse(value);
  if (!parsed.success) throw new Error(z.prettifyError(parsed.error).replaceAll("\n", " "));
  return parsed.data;
}

/** How far each run is contained in the snapshot that these compactions led to. */
export function coverageOf(history: Manifest["history"], keys: LedgerKeys): Map<string, number> {
  const coverage = new Map<string, number>();
  for (const key of history.flatMap(({ absorbed }) => absorbed)) {
    const segment = keys.parseSegment(key);
    if (segment === undefined) continue;
    const { run, commit } = segment;
    coverage.set(run, Math.max(commit, coverage.get(run) ?? 0));
  }
  return coverage;
}

/** The oldest manifest whose readers find in this one all that was absorbed since. */
export function reachesBackTo({ number, history }: Manifest): number {
  return (history[0]?.number ?? number + 1) - 1;
}
