import type { ToolDefinition } from "@trestle-mcp/server-kit";
import type { State } from "../state.ts";
import { checkAccess, getAccessPolicy, setAccessPolicy } from "./access.ts";
import { applyLifecycle } from "./apply-lifecycle.ts";
import { searchAuditLog, verifyAuditLog } from "./audit-log.ts";
import {
  createBackup,
  listBackups,
  pruneBackups,
  restoreBackup,
  verifyBackups,
} from "./backups.ts";
import { definePattern } from "./define-pattern.ts";
import { deleteDiagnosis } from "./delete-diagnosis.ts";
import { diagnoseError } from "./diagnose-error.ts";
import { editDiagnosis } from "./edit-diagnosis.ts";
import { exportKnowledge } from "./export-knowledge.ts";
import { findSimilarErrors } from "./find-similar-errors.ts";
import { getCostReport } from "./get-cost-report.ts";
import { getDiagnosis } from "./get-diagnosis.ts";
import { getMetrics } from "./get-metrics.ts";
import { learnTopic } from "./learn-topic.ts";
import { listChanges } from "./list-changes.ts";
import { listDiagnoses } from "./list-diagnoses.ts";
import { listPatterns } from "./list-patterns.ts";
import { planLifecycle } from "./plan-lifecycle.ts";
import { recordAudit } from "./record-audit.ts";
import { recordOutcome } from "./record-outcome.ts";
import { searchAudits } from "./search-audits.ts";
import { searchKnowledge } from "./search-knowledge.ts";
import { setLifecyclePolicy } from "./set-lifecycle-policy.ts";
import { listShares, revokeShare, shareCollectionTool } from "./share-collection.ts";
import { storeDiagnoses } from "./store-diagnoses.ts";
import { storeDiagnosis } from "./store-diagnosis.ts";
import { syncKnowledge } from "./sync-knowledge.ts";
import { transformRecords } from "./transform-records.ts";
import { updateDiagnosis } from "./update-diagnosis.ts";
import { validateFix } from "./validate-fix.ts";
import { listWebhooks, testWebhook } from "./webhooks.ts";

/** In the order of `tools/list`: asking, telling, looking after. */
export const tools: readonly ToolDefinition<State>[] = [
  diagnoseError,
  searchKnowledge,
  findSimilarErrors,
  learnTopic,
  storeDiagnosis,
  recordOutcome,
  getDiagnosis,
  updateDiagnosis,
  listDiagnoses,
  searchAudits,
  recordAudit,
  getMetrics,
  storeDiagnoses,
  editDiagnosis,
  deleteDiagnosis,
  exportKnowledge,
  listPatterns,
  definePattern,
  getCostReport,
  validateFix,
  transformRecords,
  planLifecycle,
  applyLifecycle,
  setLifecyclePolicy,
  createBackup,
  listBackups,
  verifyBackups,
  restoreBackup,
  pruneBackups,
  syncKnowledge,
  shareCollectionTool,
  listShares,
  revokeShare,
  getAccessPolicy,
  setAccessPolicy,
  checkAccess,
  searchAuditLog,
  verifyAuditLog,
  listChanges,
  listWebhooks,
  testWebhook,
];
