import { defineTool } from "@trestle-mcp/server-kit";
import * as z from "zod";
import { CHECK_NAMES, checkHealth, type Finding } from "../../care/health.ts";
import type { State } from "../../state.ts";
import { visibilityOf } from "../../structure/visibility.ts";
import { READS } from "../structure/reads.ts";
import { said } from "../structure/words.ts";
import { untrustedText } from "../untrusted.ts";
import { whileRunning } from "../while-running.ts";

const input = z.object({
  checks: z
    .array(z.enum(CHECK_NAMES as [string, ...string[]]))
    .min(1)
    .optional()
    .describe("All where left out"),
});

const output = z.object({
  status: z.enum(["ok", "warning", "critical"]).describe("The worst of all"),
  checks: z.array(
    z.object({
      check: z.string(),
      status: z
        .enum(["ok", "warning", "critical", "unknown"])
        .describe("unknown: this role may not look at it"),
      message: z.string(),
      items: z.array(z.string()).optional(),
      advice: z.string().optional(),
    }),
  ),
});

export const healthCheck = defineTool<typeof input, typeof output, State>({
  name: "health_check",
  title: "Check the health",
  description:
    "Checks the health of the database: connections, long transactions, locks, wraparound, vacuum, cache hit rate, invalid, duplicate and unused indexes, foreign keys without one, sequences near their end, replication, settings.",
  profile: "all",
  aliases: ["healthCheck", "analyze_db_health"],
  input,
  output,
  hints: READS,
  content: ({ checks }) => untrustedText(toLines(checks)),
  run({ checks }, context) {
    const { state, signal } = context;
    return whileRunning(context, async () => {
      const visible = visibilityOf(state.guard);
      const found = await checkHealth(state.database, {
        visible,
        signal,
        embedded: state.database.kind === "embedded",
        ...(checks ? { checks } : {}),
      });
      return { status: worstOf(found), checks: found.map(toEntry) };
    });
  },
});

function worstOf(found: readonly Finding[]): "ok" | "warning" | "critical" {
  const statuses = new Set(found.map(({ status }) => status));
  return statuses.has("critical") ? "critical" : statuses.has("warning") ? "warning" : "ok";
}

function toEntry({ check, status, message, items, advice }: Finding) {
  return { check, status, message, ...said({ items, advice: advice ?? null }) };
}

const PLACES = ["critical", "warning", "unknown", "ok"] as const;

/** What is wrong first; what is well takes one line each. */
function toLines(checks: z.output<typeof output>["checks"]): string {
  return PLACES.flatMap((place) => checks.filter(({ status }) => status === place))
    .flatMap(({ check, status, message, items = [], advice }) => [
      `${status}: ${check}: ${message}`,
      ...items.map((item) => `  - ${item}`),
      ...(advice ? [`  ${advice}`] : []),
    ])
    .join("\n");
}
