import { defineTool } from "@trestle-mcp/server-kit";
import * as z from "zod";
import { clip } from "../reports/clip.ts";
import type { State } from "../state.ts";
import { asData } from "./data.ts";
import { CHANGES } from "./hints.ts";

const MOST_TASKS = 50;

const input = z.object({
  text: z
    .string()
    .min(1)
    .describe("The chat: plain text or markdown with its speakers, or the lines of a transcript"),
  sessionId: z
    .string()
    .min(1)
    .max(200)
    .optional()
    .describe("Names the conversation, so that more of it later is the same one"),
});

const output = z.object({
  format: z.string(),
  sessions: z.array(z.string()),
  records: z.int().describe("Stored now"),
  known: z.int().describe("Stored before"),
  skipped: z.record(z.string(), z.int()),
  tasks: z.array(z.object({ id: z.string(), subject: z.string(), status: z.string() })),
});

export const ingestChat = defineTool<typeof input, typeof output, State>({
  name: "ingest_chat",
  title: "Ingest a chat",
  description:
    "Stores a conversation that is given as text, and finds its tasks and errors. The same text again, or more of it, adds only what is new. Secrets are taken out. What assistants write on this machine is read without it.",
  aliases: ["ingestChat", "ingest_conversation"],
  argumentAliases: {
    chat: "text",
    content: "text",
    conversation: "text",
    session_id: "sessionId",
    conversation_id: "sessionId",
  },
  input,
  output,
  hints: CHANGES,
  content: asData,
  async run({ text, sessionId }, { state }) {
    const { tasks, ...count } = await state.ingestChat({
      text,
      ...(sessionId !== undefined && { sessionId }),
    });
    const named = await Promise.all(tasks.slice(0, MOST_TASKS).map((id) => state.store.task(id)));
    return {
      ...count,
      sessions: [...count.sessions],
      skipped: { ...count.skipped },
      tasks: named.flatMap((task) =>
        task === undefined
          ? []
          : [{ id: task.id, subject: clip(task.subject), status: task.status }],
      ),
    };
  },
});
