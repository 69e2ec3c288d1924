import { type FixtureRow, readFixture } from "../fixtures.ts";
import type { Random } from "./random.ts";
import type { Document } from "./rankers.ts";

/** Questions with the documents that are right for each. */
export interface Judged {
  readonly documents: readonly Document[];
  readonly questions: readonly JudgedQuestion[];
}

export interface JudgedQuestion {
  readonly question: Omit<Document, "id">;
  /** The question itself, where it is among the documents. */
  readonly itself?: string;
  readonly right: ReadonlySet<string>;
}

const SYSTEMS = "Apache BGL HDFS HPC Hadoop HealthApp OpenSSH Zookeeper".split(" ");
const LINES_OF_A_TEMPLATE = 5;

/** Reports of bugs and which of them are duplicates; undefined where the data is not on this machine. */
export function readGitbugs(): Judged | undefined {
  const reports = readFixture("gitbugs", "hadoop_bugs.csv");
  const pairs = readFixture("gitbugs", "hadoop_bugs-duplicates.csv");
  if (reports === undefined || pairs === undefined) return undefined;
  const documents = reports.map(
    (row): Document => ({
      id: row["Issue id"] ?? "",
      message: row.Summary ?? "",
      stack: row.Description ?? "",
      timestamp: Date.parse((row.Created ?? "").replaceAll("/", " ")) || 0,
    }),
  );
  const byId = new Map(documents.map((document) => [document.id, document]));
  const rightOf = new Map<string, Set<string>>();
  for (const row of pairs) {
    const id = row["Issue id"] ?? "";
    const found = (row["Duplicate id"] ?? "").split(",").map((other) => other.trim());
    const known = found.filter((other) => byId.has(other));
    rightOf.set(id, new Set([...(rightOf.get(id) ?? []), ...known]));
  }
  const questions = [...rightOf].flatMap(([id, right]) => {
    const itself = byId.get(id);
    if (itself === undefined || right.size === 0) return [];
    const { id: _, ...question } = itself;
    return [{ question, itself: id, right }];
  });
  return { documents, questions };
}

/**
 * One line of each template of eight systems, and other lines of the same templates as questions, at most five
 * of each. Undefined where the data is not on this machine.
 */
export function readLoghub(random: Random): Judged | undefined {
  const documents: Document[] = [];
  const questions: JudgedQuestion[] = [];
  for (const system of SYSTEMS) {
    const rows = readFixture("loghub", `${system}.csv`);
    if (rows === undefined) return undefined;
    for (const [event, lines] of linesByTemplate(rows)) {
      const id = `${system} ${event}`;
      const take = () => lines.splice(random.below(lines.length), 1)[0] ?? "";
      documents.push({ id, message: take() });
      for (let count = 0; count < LINES_OF_A_TEMPLATE && lines.length > 0; count += 1) {
        questions.push({ question: { message: take() }, right: new Set([id]) });
      }
    }
  }
  return { documents, questions };
}

/** Of each template its different lines. */
function linesByTemplate(rows: readonly FixtureRow[]): Map<string, string[]> {
  const lines = new Map<string, Set<string>>();
  for (const { EventId = "", Content = "" } of rows) {
    lines.set(EventId, (lines.get(EventId) ?? new Set()).add(Content));
  }
  return new Map([...lines].map(([event, all]) => [event, [...all]]));
}
