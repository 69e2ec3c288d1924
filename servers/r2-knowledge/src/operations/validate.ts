import { type CommandResult, parseCommandLine } from "@trestle/process";
import { TrestleError } from "@trestle/protocol";
import { type CheckParts, runCheck } from "../check/run-check.ts";
import type { Config } from "../config.ts";
import type { KnowledgeStore } from "../knowledge/knowledge-store.ts";
import type { FixConfidence } from "../learning/confidence.ts";
import type { CallOptions } from "../object-store/object-store.ts";

export interface Validation extends CommandResult {
  /** Whether it was recorded as the outcome: a check that was ended tells nothing of the fix. */
  readonly recorded: boolean;
  /** The odds of the fix now. */
  readonly confidence: FixConfidence;
}

export interface ValidateOptions extends CallOptions {
  readonly softwareVersion?: string | undefined;
}

/** So much of what the check said goes into the record of the outcome. Characters. */
const EVIDENCE = 500;
const MEGABYTE = 1024 * 1024;

/**
 * Runs the operator's check and records whether it passed as the outcome of the diagnosis.
 *
 * @throws TrestleError `unsupported` where no check is configured, `not_found` where there is no such diagnosis
 */
export async function validateFix(
  knowledge: KnowledgeStore,
  config: Config,
  parts: CheckParts,
  id: string,
  { softwareVersion, signal }: ValidateOptions,
): Promise<Validation> {
  // Nothing is run for a diagnosis that is not there.
  const known = await knowledge.get(id, { signal });
  const checked = await runCheck(checkOf(config), parts, signal);
  if (checked.stopped !== undefined) {
    return { ...checked, recorded: false, confidence: known.confidence };
  }
  const { passed, exitCode, output } = checked;
  const how = passed ? "passed" : `failed with exit code ${exitCode ?? "none"}`;
  const { confidence } = await knowledge.recordOutcome(
    id,
    {
      worked: passed,
      evidence: `check ${how}: ${output.slice(-EVIDENCE)}`,
      ...(softwareVersion === undefined ? {} : { softwareVersion }),
    },
    { signal },
  );
  return { ...checked, recorded: true, confidence };
}

function checkOf({ checkCommand, checkDir, checkTimeoutMs, checkMemoryMb }: Config) {
  if (checkCommand === undefined || checkDir === undefined) {
    throw new TrestleError(
      "unsupported",
      "No check is configured. Who runs this server sets KNOWLEDGE_CHECK_COMMAND, such as `npm test`, and KNOWLEDGE_CHECK_DIR, the folder that it is to check.",
    );
  }
  return {
    command: parseCommandLine(checkCommand),
    folder: checkDir,
    timeoutMs: checkTimeoutMs,
    maxOutputBytes: 10 * MEGABYTE,
    maxMemoryBytes: checkMemoryMb * MEGABYTE,
    maxCopyBytes: 4_096 * MEGABYTE,
    maxCopyFiles: 500_000,
  };
}
