import type { Clock } from "@trestle/protocol";
import { describe } from "vitest";
import { describeCommits } from "./_describe-commits.ts";
import { describeErrors } from "./_describe-errors.ts";
import { describeKept } from "./_describe-kept.ts";
import { describeSearch } from "./_describe-search.ts";
import { describeTasks } from "./_describe-tasks.ts";
import { describeTraces } from "./_describe-traces.ts";
import type { TrackerStore } from "./tracker-store.ts";

export interface StoreUnderTest {
  /** A store with nothing in it, closed and deleted when the test ends. */
  open(options?: { readonly clock?: Clock }): Promise<TrackerStore>;
}

/** What every store of the tracker promises. */
export function describeTrackerStore(name: string, subject: StoreUnderTest): void {
  describe(name, () => {
    describeCommits(subject);
    describeTasks(subject);
    describeErrors(subject);
    describeSearch(subject);
    describeKept(subject);
    describeTraces(subject);
  });
}
