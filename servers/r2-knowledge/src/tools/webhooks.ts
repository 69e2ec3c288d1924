import { defineTool } from "@trestle-mcp/server-kit";
import * as z from "zod";
import type { State } from "../state.ts";
import { ADDS, READS } from "./hints.ts";

const none = z.object({});

const listed = z.object({
  webhooks: z.array(
    z.object({
      id: z.string(),
      form: z.string(),
      host: z.string().describe("Of its address; the rest is secret"),
      events: z.array(z.string()),
      severity: z.array(z.string()).optional(),
      context: z.array(z.string()).optional(),
      done: z.int().optional().describe("Number of the last event that needs nothing more"),
      attempts: z.int().describe("Failed ones, of the event that is next"),
      lastError: z.string().optional(),
      dead: z.int().describe("Events that were given up: trestle-knowledge webhooks failed"),
      missed: z.int().describe("Events that were kept no more when their turn came"),
    }),
  ),
});

export const listWebhooks = defineTool<typeof none, typeof listed, State>({
  name: "list_webhooks",
  title: "List webhooks",
  description:
    "Lists where the operator has events told, without secrets, and how far each of them is. Webhooks are configured by who runs this server, never by callers.",
  profile: "all",
  input: none,
  output: listed,
  hints: READS,
  async run(_, { state }) {
    const webhooks = await state.events.webhooks.list();
    return {
      webhooks: webhooks.map(({ events, severity, context, done, lastError, ...status }) => ({
        ...status,
        events: [...events],
        ...(severity === undefined ? {} : { severity: [...severity] }),
        ...(context === undefined ? {} : { context: [...context] }),
        ...(done === undefined ? {} : { done }),
        ...(lastError === undefined ? {} : { lastError }),
      })),
    };
  },
});

const tested = z.object({
  ok: z.boolean(),
  reason: z.string().optional().describe("Why it was not taken"),
});

const testInput = z.object({ id: z.string().min(1).max(32).describe("Of the webhook") });

export const testWebhook = defineTool<typeof testInput, typeof tested, State>({
  name: "test_webhook",
  title: "Test a webhook",
  description:
    "Sends one event that says it is a test to a webhook that the operator configured, and tells whether it was taken.",
  profile: "all",
  input: testInput,
  output: tested,
  hints: { ...ADDS, openWorld: true },
  async run({ id }, { state }) {
    const result = await state.events.webhooks.test(id);
    return result.ok ? { ok: true } : { ok: false, reason: result.reason };
  },
});
