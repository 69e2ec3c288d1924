import * as z from "zod";
import type { Session } from "../model/session.ts";
import { clip } from "./clip.ts";
import { shownTime } from "./time.ts";

export const sessionShape = z.object({
  session: z.string(),
  project: z.string(),
  agent: z.string().optional(),
  title: z.string().optional(),
  branch: z.string().optional(),
  parent: z.string().optional().describe("Session that it goes on from"),
  first: z.string(),
  last: z.string(),
  records: z.int(),
  errors: z.int(),
});

export type ShownSession = z.output<typeof sessionShape>;

export function showSession(session: Session): ShownSession {
  const { agent, title, branch, parent } = session;
  return {
    session: session.id,
    project: session.project,
    ...(agent !== undefined && { agent }),
    ...(title !== undefined && { title: clip(title, 160) }),
    ...(branch !== undefined && { branch }),
    ...(parent !== undefined && { parent }),
    first: shownTime(session.firstAt),
    last: shownTime(session.lastAt),
    records: session.records,
    errors: session.errors,
  };
}
