import { defineTool } from "@trestle-mcp/server-kit";
import * as z from "zod";
import type { State } from "../state.ts";
import { READS } from "./hints.ts";
import { untrustedJson } from "./untrusted.ts";

const input = z.object({
  since: z
    .int()
    .min(0)
    .optional()
    .describe("The last number you have seen; left out: the newest events"),
  limit: z.int().min(1).max(500).default(50).describe("At most so many"),
});

const output = z.object({
  events: z
    .array(
      z.object({
        seq: z.int(),
        time: z.string(),
        topic: z.string().describe("diagnosis.stored, outcome.recorded, …"),
        payload: z.looseObject({}),
      }),
    )
    .describe("Oldest first"),
  next: z.int().describe("Give it as since, to go on"),
  missed: z
    .array(z.object({ from: z.int(), to: z.int() }))
    .optional()
    .describe("Numbers that are kept no more"),
});

export const listChanges = defineTool<typeof input, typeof output, State>({
  name: "list_changes",
  title: "List changes",
  description:
    "Lists what happened to the knowledge, whoever did it: stored, updated, deleted, outcomes, audits, patterns, backups. The numbers are the same for everybody; give the last one to hear only of what came after.",
  profile: "all",
  input,
  output,
  hints: READS,
  content: (listed) => untrustedJson(listed, "What happened to the knowledge."),
  async run({ since, limit }, { state }) {
    const { events } = state;
    events.needOn();
    await events.feed.pump();
    const from = since ?? Math.max(0, events.feed.hub.lastSeq() - limit);
    const messages = await events.feed.read(from, limit);
    const found = messages.flatMap((each) => (each.kind === "event" ? [each.event] : []));
    const missed = messages.flatMap((each) => (each.kind === "gap" ? [{ ...each.gap }] : []));
    return {
      events: found.map(({ time, ...event }) => ({
        ...event,
        time: new Date(time).toISOString(),
      })),
      next: found.at(-1)?.seq ?? from,
      ...(missed.length === 0 || since === undefined ? {} : { missed }),
    };
  },
});
