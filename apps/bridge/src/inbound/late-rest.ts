import type { Logger } from "@trestle/protocol";
import type { Core } from "../core.ts";
import { pagePath } from "./dashboard/page-path.ts";
import { answerReady } from "./ready.ts";
import { pathBelow } from "./rest/path.ts";
import type { Rest } from "./rest/rest.ts";

/** The REST API and the dashboard, each loaded with the first request for it: most hosts never ask. */
export function createLateRest(core: Core, log: Logger): Rest {
  let rest: Promise<Rest> | undefined;
  let dashboard: Promise<Rest> | undefined;
  return (request, response, asks) => {
    const [path = "/"] = (request.url ?? "/").split("?", 1);
    if (pathBelow(path) === undefined) {
      if (answerReady(request, response, { asks, core })) return true;
      if (pagePath(request) === undefined) return false;
      dashboard ??= import("./dashboard/dashboard.ts").then((made) => made.createDashboard(log));
      return dashboard.then((answer) => answer(request, response, asks));
    }
    rest ??= import("./rest/rest.ts").then(({ createRest }) => createRest(core, log));
    return rest.then((answer) => answer(request, response, asks));
  };
}
