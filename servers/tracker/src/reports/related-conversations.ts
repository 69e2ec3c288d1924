import { TrestleError } from "@trestle/protocol";
import * as z from "zod";
import { FAILURES } from "../errors/failures.ts";
import type { Session } from "../model/session.ts";
import type { TrackerStore } from "../store/tracker-store.ts";
import { sessionShape, showSession } from "./conversations.ts";
import { evidenceOf, evidenceShape } from "./evidence.ts";

export const relatedShape = z.object({
  session: sessionShape,
  related: z.array(
    sessionShape.extend({
      score: z.number().describe("What they share, the rarer the more"),
      shares: z.array(z.object({ kind: z.string(), what: z.string(), sessions: z.int() })),
      evidence: z.array(evidenceShape),
    }),
  ),
});

export type RelatedConversations = z.output<typeof relatedShape>;

/** Something a session dealt with, and who else did: by session, a record that shows it. */
interface Shared {
  readonly kind: "task" | "file" | "error" | "lineage";
  readonly what: string;
  readonly sessions: ReadonlyMap<string, string | undefined>;
}

const MOST_OF_KIND = 30;
const MOST_FACTS = 500;
const MOST_SHOWN = 8;
const MOST_EVIDENCE = 4;
/** How much it says that two sessions share one, before it is weighed by how rare it is. */
const WEIGHT: Readonly<Record<Shared["kind"], number>> = { lineage: 5, task: 3, error: 2, file: 1 };

/**
 * Conversations that deal with the same: tasks, files that were written, errors that were met, and what goes on from
 * what. Each counts by the inverse of how many sessions have it. Throws `not_found`.
 */
export async function relatedConversations(
  store: TrackerStore,
  {
    id,
    project,
    limit,
  }: {
    readonly id?: string | undefined;
    readonly project?: string | undefined;
    readonly limit: number;
  },
): Promise<RelatedConversations> {
  const session = await sessionOf(store, id, project);
  const all = (
    await Promise.all([
      sharedTasks(store, session),
      sharedFiles(store, session),
      sharedErrors(store, session),
      lineage(store, session),
    ])
  ).flat();
  const scores = new Map<string, number>();
  for (const { kind, sessions } of all) {
    for (const other of sessions.keys()) {
      if (other === session.id) continue;
      const rarity = WEIGHT[kind] / Math.log2(1 + sessions.size);
      scores.set(other, (scores.get(other) ?? 0) + rarity);
    }
  }
  const best = [...scores].toSorted(([, a], [, b]) => b - a).slice(0, limit);
  const related = await Promise.all(
    best.map(async ([other, score]) => {
      const known = await store.session(other);
      if (known === undefined) return [];
      const shares = all.filter(({ sessions }) => sessions.has(other));
      const records = shares
        .flatMap(({ sessions }) => [sessions.get(other), sessions.get(session.id)])
        .filter((record) => record !== undefined);
      return [
        {
          ...showSession(known),
          score: Math.round(score * 100) / 100,
          shares: shares
            .slice(0, MOST_SHOWN)
            .map(({ kind, what, sessions }) => ({ kind, what, sessions: sessions.size })),
          evidence: await evidenceOf(store, records.slice(0, MOST_EVIDENCE)),
        },
      ];
    }),
  );
  return { session: showSession(session), related: related.flat() };
}

async function sessionOf(
  store: TrackerStore,
  id: string | undefined,
  project: string | undefined,
): Promise<Session> {
  if (id !== undefined) {
    const found = await store.session(id);
    if (found !== undefined) return found;
    throw new TrestleError("not_found", `There is no session ${id}: search_history finds some.`);
  }
  const { items } = await store.sessions({ limit: 1, ...(project !== undefined && { project }) });
  if (items[0] !== undefined) return items[0];
  throw new TrestleError("not_found", "No session is known yet.");
}

async function sharedTasks(store: TrackerStore, { id }: Session): Promise<Shared[]> {
  const { items } = await store.tasks({ sessionId: id, limit: MOST_OF_KIND });
  const many = items.filter(({ sessions }) => sessions > 1);
  return Promise.all(
    many.map(async (task) => {
      const { evidence = [] } = (await store.task(task.id)) ?? {};
      const said = evidence.map(({ fact }) => [fact.sessionId, fact.recordId] as const);
      return { kind: "task", what: task.subject, sessions: new Map([[id, undefined], ...said]) };
    }),
  );
}

async function sharedFiles(store: TrackerStore, { id, project }: Session): Promise<Shared[]> {
  const { items } = await store.edits({ sessionId: id, newest: true, limit: MOST_FACTS });
  const paths = [...new Set(items.map(({ path }) => path))].slice(0, MOST_OF_KIND);
  return Promise.all(
    paths.map(async (path) => {
      const page = await store.edits({ path, project, newest: true, limit: MOST_FACTS });
      const sessions = page.items.map((edit) => [edit.sessionId, edit.recordId] as const);
      return { kind: "file", what: path, sessions: new Map(sessions) };
    }),
  );
}

async function sharedErrors(store: TrackerStore, { id }: Session): Promise<Shared[]> {
  const { items } = await store.errorEvents({ sessionId: id, newest: true, limit: MOST_FACTS });
  const failures = items.filter((error) => FAILURES.includes(error.class));
  const groups = new Map(failures.map(({ group, message }) => [group, message]));
  return Promise.all(
    [...groups].slice(0, MOST_OF_KIND).map(async ([group, what]) => {
      const page = await store.errorEvents({ group, newest: true, limit: MOST_FACTS });
      const sessions = page.items.map((error) => [error.sessionId, error.recordId] as const);
      return { kind: "error", what: what.slice(0, 200), sessions: new Map(sessions) };
    }),
  );
}

/** The session it goes on from, and those of its project that go on from it. */
async function lineage(store: TrackerStore, session: Session): Promise<Shared[]> {
  const { items } = await store.sessions({ project: session.project, limit: MOST_FACTS });
  const kin = items
    .filter(({ id, parent }) => parent === session.id || id === session.parent)
    .map(({ id }) => id);
  return kin.map((id) => ({
    kind: "lineage",
    what: id === session.parent ? "goes on from it" : "goes on from this one",
    sessions: new Map([
      [session.id, undefined],
      [id, undefined],
    ]),
  }));
}
