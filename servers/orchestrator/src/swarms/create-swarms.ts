import { createDesk, type DeskParts } from "./calls/desk.ts";
import { createLifecycleCalls } from "./calls/lifecycle.ts";
import { createMemberCalls } from "./calls/members.ts";
import { createSharingCalls } from "./calls/sharing.ts";
import { createTaskCalls } from "./calls/tasks.ts";
import type { Swarms } from "./swarms.ts";

/** The swarms of a store, in the process that owns it. */
export function createSwarms(parts: DeskParts): Swarms {
  const desk = createDesk(parts);
  return {
    ...createLifecycleCalls(desk),
    ...createMemberCalls(desk),
    ...createTaskCalls(desk),
    ...createSharingCalls(desk),
  };
}
