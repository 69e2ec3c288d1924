import { promisify } from "node:util";
import { gunzip, gzip } from "node:zlib";
import { type JsonObject, messageOf } from "@trestle/protocol";
import * as z from "zod";
import { checkFormat, codeOf, LedgerError } from "../ledger/errors.ts";

/** Something that happened to the knowledge, before it has a number. */
export interface KnowledgeEvent {
  /** Milliseconds since 1970, by the clock of whoever did it. */
  readonly time: number;
  /** `diagnosis.stored`, for example. */
  readonly topic: string;
  readonly payload: JsonObject;
}

const FORMAT = 1;
const compress = promisify(gzip);
const decompress = promisify(gunzip);

const batchSchema = z.object({
  format: z.literal(FORMAT),
  /** Names the sequence: numbers begin anew only with another one. */
  origin: z.string(),
  /** The number of its first event; the others follow without holes. */
  first: z.int().min(1),
  /** Milliseconds since 1970: when it was numbered. */
  at: z.number(),
  events: z
    .array(
      z.object({
        time: z.number(),
        topic: z.string(),
        payload: z.custom<JsonObject>((value) => typeof value === "object" && value !== null),
      }),
    )
    .min(1),
  /** What of the indexes is told by now: whoever numbers the next batch goes on from here. */
  told: z.object({
    /** Of each index, of each run of a writer: how many commits. */
    runs: z.record(z.string(), z.record(z.string(), z.int())),
    /** Of each index, the manifest that was looked at last. */
    manifests: z.record(z.string(), z.object({ etag: z.string(), number: z.int() })),
  }),
});

/** Events that got their numbers together, and where in the indexes they end. */
export type Batch = z.output<typeof batchSchema>;
export type Told = Batch["told"];

export function lastOf({ first, events }: Pick<Batch, "first" | "events">): number {
  return first + events.length - 1;
}

export function encodeBatch(batch: Omit<Batch, "format">): Promise<Uint8Array> {
  return compress(JSON.stringify({ format: FORMAT, ...batch }), { level: 1 });
}

/** @throws LedgerError `newer_format`, `corrupt` */
export async function decodeBatch(key: string, body: Uint8Array): Promise<Batch> {
  try {
    const value = JSON.parse((await decompress(body)).toString("utf8")) as { format?: unknown };
    checkFormat(key, value?.format, FORMAT);
    return batchSchema.parse(value);
  } catch (error) {
    if (codeOf(error) === "newer_format") throw error;
    throw new LedgerError(
      "corrupt",
      `${key} is damaged (${messageOf(error)}). No knowledge is lost: delete all below mcp/events/, and events begin anew with what happens from then on.`,
      { cause: error },
    );
  }
}
