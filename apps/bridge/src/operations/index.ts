import { advice, adviceApply } from "./advice.ts";
import { alerts } from "./alerts.ts";
import { auditList, auditVerify } from "./audit.ts";
import { batch } from "./batch.ts";
import { cacheClear, cacheStats, cacheToggle } from "./cache.ts";
import { callTool } from "./call-tool.ts";
import { chainGet, chains } from "./chains.ts";
import { configGet, configSet, configUnset } from "./config.ts";
import { costs } from "./costs.ts";
import { databaseQuery } from "./database-query.ts";
import { discover } from "./discover.ts";
import { doctor } from "./doctor.ts";
import { describeTool, findTools } from "./find-tools.ts";
import { health } from "./health.ts";
import { history } from "./history.ts";
import { hostsList, serversImport } from "./imports.ts";
import { keyCreate, keyRevoke, keyRotate, keys } from "./keys.ts";
import { login, logout, session } from "./login.ts";
import { me } from "./me.ts";
import { metrics, performance } from "./metrics.ts";
import type { Operation } from "./operation.ts";
import { pins, pinsApprove, pinsDiff } from "./pins.ts";
import { chainPromote, chainTest } from "./promote.ts";
import { ps } from "./ps.ts";
import { readResult } from "./read-result.ts";
import { reviewGet, reviewList, reviewResolve } from "./review.ts";
import { runChain } from "./run-chain.ts";
import {
  serverAdd,
  serverChange,
  serverRemove,
  serverRestart,
  serverStderr,
} from "./server-admin.ts";
import { servers } from "./servers.ts";
import { signIn, signInFinish, signIns, signOut } from "./sign-ins.ts";
import { stats } from "./stats.ts";
import { swarmCreate, swarmGet } from "./swarms.ts";
import { toolPolicies } from "./tool-policies.ts";
import { webhookReplay, webhooksList } from "./webhooks.ts";
import { why } from "./why.ts";
import {
  workflowCancel,
  workflowExecute,
  workflowExecution,
  workflowExecutions,
  workflows,
} from "./workflows.ts";

/** All that can be asked of the bridge. */
export const OPERATIONS = [
  ...[discover, findTools, describeTool, toolPolicies, servers],
  ...[serverAdd, serverChange, serverRemove, serverRestart, serverStderr],
  ...[hostsList, serversImport],
  ...[callTool, batch, runChain, readResult],
  ...[workflows, workflowExecute, workflowExecutions, workflowExecution, workflowCancel],
  ...[swarmCreate, swarmGet, databaseQuery],
  ...[chainPromote, chainTest],
  ...[history, why, chains, chainGet, metrics, performance, costs, advice, adviceApply],
  ...[health, ps, doctor, stats, alerts],
  ...[cacheStats, cacheClear, cacheToggle],
  ...[reviewList, reviewGet, reviewResolve],
  ...[pins, pinsDiff, pinsApprove],
  ...[webhooksList, webhookReplay],
  ...[signIns, signIn, signInFinish, signOut],
  ...[me, login, session, logout],
  ...[keys, keyCreate, keyRotate, keyRevoke],
  ...[auditList, auditVerify],
  ...[configGet, configSet, configUnset],
] as unknown as readonly Operation[];
