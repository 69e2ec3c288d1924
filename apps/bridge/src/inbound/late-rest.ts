import type { Logger } from "@trestle/protocol";
import type { Core } from "../core.ts";
import { answerReady } from "./ready.ts";
import { pathBelow } from "./rest/path.ts";
import type { Rest } from "./rest/rest.ts";

/** The REST API, loaded with the first request for it: most hosts never ask. */
export function createLateRest(core: Core, log: Logger): Rest {
  let rest: Promise<Rest> | undefined;
  return (request, response, asks) => {
    const [path = "/"] = (request.url ?? "/").split("?", 1);
    if (pathBelow(path) === undefined) return answerReady(request, response, { asks, core });
    rest ??= import("./rest/rest.ts").then(({ createRest }) => createRest(core, log));
    return rest.then((answer) => answer(request, response, asks));
  };
}
