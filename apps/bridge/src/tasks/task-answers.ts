import { type Principal, TrestleError } from "@trestle/protocol";
import type { Access } from "../access/access.ts";
import { READS } from "../access/sight.ts";
import type { Calls } from "../calls.ts";
import type { Catalog } from "../catalog/catalog.ts";
import type { Answer } from "../parked/parking.ts";
import type { Admit } from "./relay-tasks.ts";

interface AnswerParts {
  readonly calls: Pick<Calls, "tasks">;
  readonly catalog: Catalog;
  readonly access: Pick<Access, "admits">;
}

/** Whoever may call the tool may follow what became of the call; nobody else has its name. */
export function taskAnswers({ calls, catalog, access }: AnswerParts): Record<string, Answer> {
  const { tasks } = calls;
  if (!tasks) return {};
  const admit: Admit = ({ server, tool }, principal) => {
    const { hints = READS } = catalog.upstreamTool(server, tool) ?? {};
    if (access.admits(principal, { server, tool, hints })) return;
    throw denied(server, tool, principal);
  };
  return {
    "tasks/get": (params, context) => tasks.get(params, context, admit),
    "tasks/update": (params, context) => tasks.update(params, context, admit),
    "tasks/cancel": (params, context) => tasks.cancel(params, context, admit),
  };
}

function denied(server: string, tool: string, { id }: Principal): TrestleError {
  return new TrestleError(
    "denied",
    `"${id}" may call ${server}.${tool} no more, and follow none of its tasks. Ask whoever runs the bridge to grant it.`,
    { details: { principal: id, sent: false, refusedBy: "authorize" } },
  );
}
