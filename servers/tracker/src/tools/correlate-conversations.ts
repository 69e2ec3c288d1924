import { defineTool } from "@trestle-mcp/server-kit";
import * as z from "zod";
import { relatedConversations, relatedShape } from "../reports/related-conversations.ts";
import type { State } from "../state.ts";
import { asData } from "./data.ts";
import { READS } from "./hints.ts";
import { limit, project, scopeOf } from "./inputs.ts";

const input = z.object({
  session: z
    .string()
    .max(500)
    .optional()
    .describe("The conversation that others are related to; the last one by default"),
  project,
  limit: limit(10, 50),
});

export const correlateConversations = defineTool<typeof input, typeof relatedShape, State>({
  name: "correlate_conversations",
  title: "Correlate conversations",
  description:
    "Finds the conversations that deal with the same as one does: tasks, written files, errors, and what goes on from what. The rarer what they share, the higher they stand.",
  aliases: ["correlateConversations"],
  argumentAliases: { sessionId: "session", session_id: "session", conversation_id: "session" },
  input,
  output: relatedShape,
  hints: READS,
  content: asData,
  async run({ session, limit: most = 10, ...given }, { state, clock }) {
    const { ofProject } = await scopeOf(given, state, { now: clock.now(), preset: "0s" });
    return relatedConversations(state.store, { ...ofProject, id: session, limit: most });
  },
});
