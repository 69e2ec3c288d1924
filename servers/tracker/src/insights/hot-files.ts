import { FAILURES } from "../errors/failures.ts";
import { confidenceOf, type Hint, type InsightQuery, type InsightSources } from "./insight.ts";

const MOST_FILES = 50;
const MOST_FACTS = 5_000;
const MOST_EDITS = 500;
const LEAST_EDITS = 8;
const LEAST_SESSIONS = 3;
/** How many times as often as the middle one of all written files. */
const FACTOR = 4;
const MOST_EVIDENCE = 4;

/** Files that are written far more often than others, in several sessions; with the errors that name them. */
export async function hotFiles(
  { store }: InsightSources,
  { from, now, project }: InsightQuery,
): Promise<Hint[]> {
  const ofProject = project === undefined ? {} : { project };
  const sums = await store.editSums({ ...ofProject, from, to: now + 1, limit: 1_000 });
  const median = sums[Math.floor(sums.length / 2)]?.count ?? 0;
  const many = sums
    .slice(0, MOST_FILES)
    .filter(({ count }) => count >= LEAST_EDITS && count >= FACTOR * median);
  if (many.length === 0) return [];
  const errors = await store.errorTraces({ ...ofProject, from, limit: MOST_FACTS });
  const hints = await Promise.all(
    many.map(async ({ path, count }): Promise<Hint[]> => {
      const edits = await store.editTraces({ ...ofProject, path, from, limit: MOST_EDITS });
      const sessions = new Set(edits.map(({ session }) => session)).size;
      if (sessions < LEAST_SESSIONS) return [];
      const failed = errors.filter(
        (error) => FAILURES.includes(error.class) && error.files.includes(path),
      );
      const last = edits.slice(0, MOST_EVIDENCE).map(({ ref }) => ref);
      const ids = await store.recordIds(last);
      const written = last.map((ref) => ids[ref]).filter((id) => id !== undefined);
      return [
        {
          kind: "hot_file",
          about: path,
          title: `Written again and again: ${path}`,
          detail: `Written ${count} times in ${sessions} sessions, where the middle file was ${median} times; ${failed.length} errors name it.`,
          action:
            failed.length > 0
              ? "It is where work goes and fails: cover it by tests, and cut it where it does several things."
              : "Look whether it does several things, or is generated and should not be written by hand.",
          confidence: confidenceOf(
            (1 - FACTOR / (FACTOR + count / Math.max(1, median))) * (failed.length > 0 ? 1 : 0.8),
          ),
          basis: `${count} writes against a median of ${median}, ${sessions} sessions, ${failed.length} errors`,
          project: edits[0]?.project ?? "",
          records: [...written, ...failed.map(({ recordId }) => recordId)].slice(0, MOST_EVIDENCE),
        },
      ];
    }),
  );
  return hints.flat();
}
