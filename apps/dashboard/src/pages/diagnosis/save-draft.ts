import { callTool, leftOutOf } from "../../api/tools.ts";
import type { Edited, Known } from "../knowledge/shapes.ts";
import { changesOf, type Draft, patchOf } from "./draft.ts";

/**
 * Saves what was written: by the tool that merges what several write at once, or, where the profile of the server
 * leaves it out, by the one that refuses what was changed meanwhile.
 */
export async function saveDraft(server: string, id: string, draft: Draft): Promise<Edited> {
  const { version } = draft;
  const changes = changesOf(draft);
  try {
    return await callTool<Edited>(server, "edit_diagnosis", { id, version, changes });
  } catch (error) {
    if (leftOutOf(error) === undefined) throw error;
  }
  const known = await callTool<Known>(server, "update_diagnosis", {
    id,
    version,
    ...patchOf(changes),
  });
  return { status: "applied", ...known };
}
