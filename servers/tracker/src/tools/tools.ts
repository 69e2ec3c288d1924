import type { ToolDefinition } from "@trestle-mcp/server-kit";
import type { State } from "../state.ts";
import { correlateConversations } from "./correlate-conversations.ts";
import { generateSystemReport } from "./generate-system-report.ts";
import { getErrorCorrelations } from "./get-error-correlations.ts";
import { getInsights } from "./get-insights.ts";
import { getTaskAnalytics } from "./get-task-analytics.ts";
import { getUnfinishedTasks } from "./get-unfinished-tasks.ts";
import { getUsage } from "./get-usage.ts";
import { ingestChat } from "./ingest-chat.ts";
import { resolveError } from "./resolve-error.ts";
import { searchHistory } from "./search-history.ts";
import { systemHealthCheck } from "./system-health-check.ts";
import { updateTask } from "./update-task.ts";
import { validateFixes } from "./validate-fixes.ts";
import { watch } from "./watch.ts";

/** In the order of `tools/list`: what is left, what fails, how it stands, telling. */
export const tools: readonly ToolDefinition<State>[] = [
  getUnfinishedTasks,
  updateTask,
  searchHistory,
  correlateConversations,
  getErrorCorrelations,
  resolveError,
  validateFixes,
  getInsights,
  systemHealthCheck,
  getTaskAnalytics,
  generateSystemReport,
  ingestChat,
  watch,
  getUsage,
];
