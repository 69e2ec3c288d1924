import { commandLineOf, isTestCommand, steadyCommand } from "../facts/command.ts";
import type { AddFact, ExtractorKind } from "../facts/extractor.ts";
import { writtenFiles } from "../facts/written-files.ts";
import type { Phase, PhaseName } from "../model/phase.ts";
import type { CallPart, Part, TrackedRecord } from "../model/record.ts";
import { createRecent, parseMemory } from "../transcripts/recent.ts";

/** A sign says nothing of what happens so much later. */
const HOLDS_MS = 2 * 3_600_000;
/** The session's own lane and its subagents, each at work of its own. */
const MOST_LANES = 16;
const OWN_LANE = "";
const MOST_WORDS = 120;

const PLANS: ReadonlySet<string> = new Set(["EnterPlanMode", "ExitPlanMode", "exit_plan_mode"]);
const RELEASES =
  /(?:^|[\s;&|])(?:(?:npm|pnpm|yarn|bun|cargo|poetry|uv)\s+publish|twine\s+upload|gh\s+release\s+create|git\s+tag\s+(?!-l|--list|-d)\S|git\s+push\s+(?:\S+\s+)*--tags|docker\s+push|helm\s+(?:upgrade|install)|kubectl\s+apply|terraform\s+apply|wrangler\s+deploy|vercel\s+(?:deploy|--prod)|fly\s+deploy|changeset\s+publish|semantic-release)(?=$|[\s;&|])/;
const REVIEWS =
  /(?:^|[\s;&|])(?:gh\s+pr\s+(?:create|review|diff|checks|merge|comment)|glab\s+mr\s+\w+)(?=$|[\s;&|])/;
const RELEASE_BRANCH = /^(?:release|hotfix)[/-]/;

/** Tells which phase each lane of a session is in. Pure: the same records give the same phases. */
interface PhaseWatch {
  take(record: TrackedRecord): void;
  /** Undefined where no sign tells it, or none that still holds. */
  phaseAt(laneId: string | undefined, at: number): Phase | undefined;
  /** JSON, or "". */
  memory(): string;
}

function openPhaseWatch(memory: string): PhaseWatch {
  const remembered = parseMemory<{ lanes: [string, Phase][] }>(memory, { lanes: [] });
  const lanes = createRecent<Phase>(MOST_LANES, remembered.lanes);
  return {
    take({ id: recordId, laneId = OWN_LANE, at, parts, session }) {
      const { branch } = session ?? {};
      if (branch !== undefined && RELEASE_BRANCH.test(branch) && lanes.get(laneId) === undefined) {
        lanes.set(laneId, { name: "release", why: `branch ${branch}`, recordId, at });
      }
      for (const part of parts) {
        const sign = signOf(part);
        if (sign !== undefined) lanes.set(laneId, { ...sign, recordId, at });
      }
    },
    phaseAt(laneId = OWN_LANE, at) {
      const phase = lanes.get(laneId);
      return phase !== undefined && Math.abs(at - phase.at) <= HOLDS_MS ? phase : undefined;
    },
    memory: () => (lanes.entries().length === 0 ? "" : JSON.stringify({ lanes: lanes.entries() })),
  };
}

function signOf(part: Part): Pick<Phase, "name" | "why"> | undefined {
  if (part.kind === "notice" && part.notice === "pull_request") {
    return { name: "review", why: "a pull request was opened" };
  }
  return part.kind === "call" ? signOfCall(part) : undefined;
}

function signOfCall(call: CallPart): Pick<Phase, "name" | "why"> | undefined {
  if (PLANS.has(call.tool)) return { name: "planning", why: call.tool };
  const line = commandLineOf(call);
  if (line !== undefined) {
    const name = phaseOfCommand(line);
    return name && { name, why: steadyCommand(line).slice(0, MOST_WORDS) };
  }
  const [file] = writtenFiles(call);
  return file === undefined ? undefined : { name: "implementation", why: `${call.tool} ${file}` };
}

function phaseOfCommand(line: string): PhaseName | undefined {
  if (RELEASES.test(line)) return "release";
  if (REVIEWS.test(line)) return "review";
  return isTestCommand(line) ? "testing" : undefined;
}

/** The same extractor, whose tasks and errors say in which phase they were met. */
export function withPhase(kind: ExtractorKind): ExtractorKind {
  return {
    name: kind.name,
    open(memory) {
      const before = parseMemory<{ phase?: string; inner?: string }>(memory, {});
      const watch = openPhaseWatch(before.phase ?? "");
      const inner = kind.open(before.inner ?? "");
      return {
        take(record, add, project) {
          watch.take(record);
          const phase = watch.phaseAt(record.laneId, record.at);
          const adding: AddFact = (list, fact) => {
            const isTold = phase !== undefined && (list === "tasks" || list === "errors");
            add(list, isTold ? { ...fact, phase } : fact);
          };
          inner.take(record, phase === undefined ? add : adding, project);
        },
        memory() {
          const [phase, own] = [watch.memory(), inner.memory()];
          return phase === "" && own === "" ? "" : JSON.stringify({ phase, inner: own });
        },
      };
    },
  };
}
