import type { Drain } from "../drain/drain.ts";
import { createErrorExtractor } from "../errors/error-extractor.ts";
import { withPhase } from "../tasks/phase.ts";
import type { TaskDirectory } from "../tasks/task-directory.ts";
import { createTaskExtractor } from "../tasks/task-extractor.ts";
import type { ExtractorKind } from "./extractor.ts";
import { runsAndEdits } from "./runs-and-edits.ts";
import { usage } from "./usage.ts";

export interface ExtractorParts {
  /** Finds the templates of errors, for all sessions. */
  readonly drain: Drain;
  /** Knows the tasks of all sessions. */
  readonly tasks: TaskDirectory;
}

/** All that is derived from records while they are read. */
export function createExtractors({ drain, tasks }: ExtractorParts): readonly ExtractorKind[] {
  return [withPhase(createTaskExtractor(tasks)), withPhase(errorsWith(drain)), runsAndEdits, usage];
}

function errorsWith(drain: Drain): ExtractorKind {
  return {
    name: "errors",
    open(memory) {
      const extractor = createErrorExtractor({ project: "", drain, memory });
      return {
        take(record, add) {
          for (const fact of extractor.read(record)) {
            const { id: _, recordId, sessionId, laneId, project, at, ...error } = fact;
            add("errors", error);
          }
        },
        memory: extractor.memory,
      };
    },
  };
}
