import type { TrackerStore } from "../store/tracker-store.ts";
import { createRecent } from "../transcripts/recent.ts";
import { createProjects, NO_PROJECT } from "./project-of.ts";

const MOST_SESSIONS = 2_000;

/** Remembers of sessions which project they belong to; a session is where it last said that it runs. */
export function createSessionProjects(
  store: Pick<TrackerStore, "session">,
): (sessionId: string, cwd: string | undefined) => Promise<string> {
  const projectAt = createProjects();
  const known = createRecent<string>(MOST_SESSIONS);
  return async (sessionId, cwd) => {
    const before = known.get(sessionId);
    if (cwd === undefined && before !== undefined) return before;
    const project =
      cwd === undefined
        ? ((await store.session(sessionId))?.project ?? NO_PROJECT)
        : projectAt(cwd);
    known.set(sessionId, project);
    return project;
  };
}
