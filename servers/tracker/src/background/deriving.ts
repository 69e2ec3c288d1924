import { createKeptDrain } from "../drain/kept-drain.ts";
import type { ExtractorKind } from "../facts/extractor.ts";
import { createExtractors } from "../facts/extractors.ts";
import type { TrackerStore } from "../store/tracker-store.ts";
import {
  createTaskDirectory,
  type KnownTask,
  type TaskDirectory,
} from "../tasks/task-directory.ts";

/** What derives facts in this process, and what it knows of the tasks that are stored. */
export interface Deriving {
  readonly extractors: readonly ExtractorKind[];
  /** Learns anew which tasks there are: others may have stored some since. */
  refresh(): Promise<void>;
  /** `refresh`, and goes on with the templates of messages that were kept last. For who reads sources. */
  restore(): Promise<void>;
  /** Keeps the templates of messages. */
  save(now: number): Promise<void>;
}

const MOST_TASKS = 5_000;
const PAGE = 1_000;

export function createDeriving(
  store: Pick<TrackerStore, "tasks" | "document" | "putDocuments">,
): Deriving {
  const { drain, restore, save } = createKeptDrain(store);
  let directory = createTaskDirectory();
  const tasks: TaskDirectory = {
    identify: (named) => directory.identify(named),
    noteDone: (id, doneAt) => directory.noteDone(id, doneAt),
  };

  async function refresh(): Promise<void> {
    directory = createTaskDirectory(await knownTasks(store));
  }

  return {
    extractors: createExtractors({ drain, tasks }),
    refresh,
    async restore() {
      await restore();
      await refresh();
    },
    save,
  };
}

/** The last that were spoken of, oldest first, as the directory forgets the first of them. */
async function knownTasks(store: Pick<TrackerStore, "tasks">): Promise<KnownTask[]> {
  const known: KnownTask[] = [];
  let cursor: string | undefined;
  do {
    const page = await store.tasks({
      ...{ order: "updated", limit: PAGE },
      ...(cursor !== undefined && { cursor }),
    });
    for (const { id, project, subject, status, statusAt } of page.items) {
      known.push({ id, project, subject, doneAt: status === "done" ? statusAt : undefined });
    }
    cursor = page.next;
  } while (cursor !== undefined && known.length < MOST_TASKS);
  return known.toReversed();
}
