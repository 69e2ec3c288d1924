import { basename } from "node:path";
import { TrestleError } from "@trestle/protocol";
import type { TrackerStore } from "../store/tracker-store.ts";

const MOST_SESSIONS = 1_000;
const MOST_NAMED = 10;

/**
 * The project that a person means by its folder, the folder's name or a part of it. Throws `not_found`, and
 * `invalid_input` where several are meant, each naming those that there are.
 */
export async function findProject(
  store: Pick<TrackerStore, "sessions" | "countTasks">,
  given: string | undefined,
): Promise<string | undefined> {
  if (given === undefined) return undefined;
  const projects = await allProjects(store);
  const wanted = given.toLowerCase();
  const ways: readonly ((project: string) => boolean)[] = [
    (project) => project === given,
    (project) => basename(project).toLowerCase() === wanted,
    (project) => project.toLowerCase().includes(wanted),
  ];
  for (const isMeant of ways) {
    const [first, ...others] = projects.filter(isMeant);
    if (first === undefined) continue;
    if (others.length === 0) return first;
    const names = [first, ...others].slice(0, MOST_NAMED).join(", ");
    throw new TrestleError("invalid_input", `project ${given} may be any of ${names}: name one.`);
  }
  const known = projects.slice(0, MOST_NAMED).join(", ") || "none yet";
  throw new TrestleError("not_found", `There is no project ${given}; there are: ${known}.`);
}

async function allProjects(
  store: Pick<TrackerStore, "sessions" | "countTasks">,
): Promise<readonly string[]> {
  const [sessions, counts] = await Promise.all([
    store.sessions({ limit: MOST_SESSIONS }),
    store.countTasks({ by: "project" }),
  ]);
  const names = [...sessions.items.map(({ project }) => project), ...counts.map(({ key }) => key)];
  return [...new Set(names)].filter((name) => name !== "");
}
