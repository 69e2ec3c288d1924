import type { HistoryRow } from "@trestle/policy";
import { type Clock, type Logger, messageOf } from "@trestle/protocol";
import type { HistoryStore } from "../state/history/history.ts";
import { OWN_SERVER } from "../tools/names.ts";
import { createUsage, type Usage, type UsedTool } from "./usage.ts";

/** Usage that begins with what the history still has of earlier runs. */
export interface RememberedUsage extends Pick<Usage, "factorFor"> {
  /** One finished execution. */
  observe(row: HistoryRow): void;
  /** Resolves when earlier runs are remembered, or cannot be. */
  ready(): Promise<void>;
}

export interface RememberedUsageParts {
  readonly history: Pick<HistoryStore, "list">;
  readonly clock: Clock;
  readonly log: Logger;
}

const REMEMBERED = 500;
/** Failures that say nothing of the tool. */
const NOT_THE_TOOLS = ["invalid_input", "denied", "rate_limited", "cancelled", "not_found"];

/** Reads the history when it is first needed: nothing waits for it at the start. */
export function createRememberedUsage(parts: RememberedUsageParts): RememberedUsage {
  const { history, clock, log } = parts;
  const usage = createUsage({ clock });
  const openedAt = clock.now();
  let reading: Promise<void> | undefined;

  async function read(): Promise<void> {
    try {
      const { executions } = await history.list({ to: openedAt, limit: REMEMBERED });
      for (const row of executions.toReversed()) note(usage, row);
    } catch (error) {
      log.warn("Earlier calls are not known to find_tools", { error: messageOf(error) });
    }
  }

  return {
    observe: (row) => note(usage, row),
    ready() {
      reading ??= read();
      return reading;
    },
    factorFor: usage.factorFor,
  };
}

interface Finished {
  readonly server: string;
  readonly tool: string;
  readonly principal: string;
  readonly outcome: string;
  readonly startedAt: number;
  readonly errorCode?: string | undefined;
}

function note(usage: Usage, row: Finished): void {
  const { server, tool: name, principal, outcome, startedAt: at, errorCode } = row;
  if (server === OWN_SERVER || outcome === "started") return;
  if (errorCode !== undefined && NOT_THE_TOOLS.includes(errorCode)) return;
  const used: UsedTool = { server, name, principal, succeeded: outcome === "success", at };
  usage.note(used);
}
